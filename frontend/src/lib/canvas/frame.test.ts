import { expect, it } from "vitest";
import { oncePerFrame } from "./frame";

it("the newest painting is painted once, in the frame that the first one asked for", () => {
  const frames: (() => void)[] = [];
  const painted: string[] = [];
  const paint = oncePerFrame((run) => frames.push(run));
  paint(() => painted.push("old"));
  paint(() => painted.push("new"));
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect(painted).toEqual(["new"]);
  paint(() => painted.push("next"));
  frames.shift()?.();
  expect(painted).toEqual(["new", "next"]);
});
