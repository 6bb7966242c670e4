// How Cytoscape draws: one rule per state, colours from the tokens.

import type { EdgeSingular, StylesheetJson } from "cytoscape";
import type { Form } from "../shapes";
import type { Level } from "../measures";
import type { Palette } from "./palette";

/** What an edge carries for its curve; a call of a service to itself, or one whose ends lie on one point, has none. */
const field =
  (name: string, otherwise: string) =>
  (edge: EdgeSingular): string =>
    (edge.data(name) as string | undefined) ?? otherwise;

/** The whole style sheet for a palette. */
export function styles(palette: Palette, form: Form): StylesheetJson {
  const colour = (edge: EdgeSingular): string => palette.edges[edge.data("level") as Level];
  return [
    {
      selector: "node",
      style: {
        shape: form === "rings" ? "ellipse" : "round-rectangle",
        width: "data(w)",
        height: "data(h)",
        "corner-radius": "6px",
        // Cards lie above the canvas; here is only what can be hit.
        "background-opacity": 0,
        "border-width": 0,
        "overlay-opacity": 0,
      },
    },
    {
      selector: "node.plain",
      style: {
        "background-opacity": 1,
        "background-color": palette.line,
        "border-width": 1.5,
        "border-color": palette.line,
        label: "data(title)",
        color: palette.text,
        "font-size": 15,
        "font-weight": 600,
        "font-family": "Inter Variable, sans-serif",
        "text-valign": form === "rings" ? "bottom" : "center",
        "text-max-width": "data(w)",
        "text-wrap": "ellipsis",
        "min-zoomed-font-size": 6,
      },
    },
    {
      selector: "node.plain.quiet",
      style: { "border-style": "dashed", "background-opacity": 0, color: palette.text3 },
    },
    { selector: "node.plain.origin", style: { "border-color": palette.error, "border-width": 4 } },
    { selector: "node.plain.selected", style: { "border-color": palette.accent, "border-width": 4 } },
    {
      selector: "edge",
      style: {
        "curve-style": "unbundled-bezier",
        "edge-distances": "endpoints",
        "source-endpoint": field("from", "outside-to-node"),
        "target-endpoint": field("to", "outside-to-node"),
        "control-point-weights": field("weights", "0.5"),
        "control-point-distances": field("distances", "0"),
        width: "data(width)",
        "line-color": colour,
        "line-outline-width": 1.2,
        "line-outline-color": palette.pane,
        "target-arrow-shape": "triangle",
        "target-arrow-color": colour,
        "arrow-scale": "data(arrow)" as unknown as number,
        "overlay-opacity": 0,
        // The worst lies on top.
        "z-index": "data(level)" as unknown as number,
      },
    },
    {
      selector: "edge.loop",
      style: {
        "curve-style": "bezier",
        "source-endpoint": "outside-to-node",
        "target-endpoint": "outside-to-node",
        "loop-direction": "45deg",
        "loop-sweep": "60deg",
      },
    },
    { selector: "edge.quiet", style: { "line-style": "dashed", "line-dash-pattern": [4, 4], opacity: 0.55 } },
    { selector: "edge.faded", style: { opacity: 0.25 } },
    {
      selector: "edge.selected",
      style: {
        "line-outline-width": 1.75,
        "underlay-color": palette.accent,
        "underlay-opacity": 1,
        "underlay-padding": 3.5,
        "z-index": 9,
        opacity: 1,
      },
    },
  ] as StylesheetJson;
}
