// The whole chart as one picture: panels below each other.

import type { Scene, SceneShape } from "../topology/picture/scene";
import { lineShapes, panelShapes, type Panel } from "./chart";

/** The panels as they are on the screen, without the playhead. */
export function chartScene(panels: readonly Panel[]): Scene {
  let down = 0;
  const shapes: SceneShape[] = [];
  for (const panel of panels) {
    const { behind, over } = panelShapes(panel);
    shapes.push(...[...behind, ...lineShapes(panel), ...over].map((shape) => lowered(shape, down)));
    down += panel.height;
  }
  const width = panels[0]?.scale.width ?? 0;
  return { x: 0, y: 0, width, height: down, background: panels[0]?.palette.pane ?? "", shapes };
}

function lowered(shape: SceneShape, by: number): SceneShape {
  if (shape.kind === "text") return { ...shape, y: shape.y + by };
  const [x, y] = shape.at ?? [0, 0];
  return { ...shape, at: [x, y + by] };
}
