import { describe, expect, it } from "vitest";
import { actionOf, belongsToFocus, type FocusOwner, type Pressed } from "./keymap";

function press(key: string, held: Partial<Pressed> = {}): Pressed {
  return { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held };
}

const nothing: FocusOwner = { typing: false, moving: false, pressing: false };

describe("the keyboard map", () => {
  it("shift makes ten steps of one", () => {
    expect(actionOf(press("ArrowLeft"), false)).toEqual({ do: "step", direction: "backward", times: 1 });
    expect(actionOf(press("ArrowRight", { shiftKey: true }), false)).toEqual({
      do: "step",
      direction: "forward",
      times: 10,
    });
  });

  it("t is the theme alone and Topology after g", () => {
    expect(actionOf(press("t"), false)).toEqual({ do: "theme" });
    expect(actionOf(press("t"), true)).toEqual({ do: "pane", pane: "topology" });
  });

  it("g and f, g and i lead to Flows and Problems", () => {
    expect(actionOf(press("f"), true)).toEqual({ do: "pane", pane: "flows" });
    expect(actionOf(press("i"), true)).toEqual({ do: "pane", pane: "problems" });
    expect(actionOf(press("f"), false)).toBeNull();
  });

  it("g and c lead to Compare", () => {
    expect(actionOf(press("c"), true)).toEqual({ do: "pane", pane: "compare" });
    expect(actionOf(press("c"), false)).toBeNull();
  });

  it("a key that means nothing after g keeps its own meaning", () => {
    expect(actionOf(press("b"), true)).toEqual({ do: "bookmark" });
  });

  it("leaves the browser's own combinations alone, but for opening", () => {
    expect(actionOf(press("t", { ctrlKey: true }), false)).toBeNull();
    expect(actionOf(press("ArrowLeft", { altKey: true }), false)).toBeNull();
    expect(actionOf(press("o", { ctrlKey: true }), false)).toEqual({ do: "open" });
    expect(actionOf(press("o", { metaKey: true }), false)).toEqual({ do: "open" });
  });
});

describe("the focused element", () => {
  it("a text field keeps every plain key", () => {
    const field = { ...nothing, typing: true };
    expect(belongsToFocus(press("/"), field)).toBe(true);
    expect(belongsToFocus(press(" "), field)).toBe(true);
    expect(belongsToFocus(press("o", { ctrlKey: true }), field)).toBe(false);
  });

  it("a grid keeps the arrows but not the letters", () => {
    const grid = { ...nothing, moving: true };
    expect(belongsToFocus(press("ArrowLeft"), grid)).toBe(true);
    expect(belongsToFocus(press("b"), grid)).toBe(false);
  });

  it("a button keeps space", () => {
    const button = { ...nothing, pressing: true };
    expect(belongsToFocus(press(" "), button)).toBe(true);
    expect(belongsToFocus(press("ArrowLeft"), button)).toBe(false);
  });
});
