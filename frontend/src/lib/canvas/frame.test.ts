import { describe, expect, it } from "vitest";
import { Frames } from "./frame";

function made(settle: () => void = () => undefined) {
  const waiting: (() => void)[] = [];
  return { frames: new Frames((run) => waiting.push(run), settle), waiting, next: () => waiting.shift()?.() };
}

const A = {};
const B = {};

describe("a frame", () => {
  it("paints the newest painting once, in the frame that the first one asked for", () => {
    const { frames, waiting, next } = made();
    const painted: string[] = [];
    frames.paint(A, () => painted.push("old"));
    frames.paint(A, () => painted.push("new"));
    frames.paint(B, () => painted.push("other"));
    expect(waiting).toHaveLength(1);
    next();
    expect(painted).toEqual(["new", "other"]);
    frames.paint(A, () => painted.push("next"));
    next();
    expect(painted).toEqual(["new", "other", "next"]);
  });

  it("moves, lets everything follow, and paints what followed before it ends", () => {
    const done: string[] = [];
    const { frames, waiting, next } = made(() => {
      done.push("settled");
      frames.paint(A, () => done.push("painted"));
    });
    frames.move(B, () => done.push("moved"));
    next();
    expect(done).toEqual(["moved", "settled", "painted"]);
    expect(waiting).toHaveLength(0);
  });

  it("does not settle when nothing moved, and comes again for what asks while it paints or moves", () => {
    const done: string[] = [];
    const { frames, waiting, next } = made(() => done.push("settled"));
    frames.paint(A, () => frames.paint(A, () => done.push("again")));
    next();
    expect(waiting).toHaveLength(1);
    next();
    expect(done).toEqual(["again"]);
    frames.move(A, () => frames.move(A, () => done.push("later")));
    next();
    expect(waiting).toHaveLength(1);
    next();
    expect(done).toEqual(["again", "settled", "later", "settled"]);
  });

  it("does at once what is not waited for, and not a second time", () => {
    const { frames, next } = made();
    let moves = 0;
    frames.move(A, () => (moves += 1));
    frames.moveNow(A);
    frames.moveNow(A);
    next();
    expect(moves).toBe(1);
  });
});
