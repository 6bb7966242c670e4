import { flushSync } from "svelte";
import { describe, expect, it } from "vitest";
import { RowCursor } from "./row_cursor.svelte";
import { Scroller } from "./scroller.svelte";

/** A list of rows of ten pixels in a view of fifty. */
function list(rows: number) {
  let count = $state(rows);
  let scroller!: Scroller;
  const end = $effect.root(() => {
    scroller = new Scroller({ rows: () => count, rowPx: 10 });
  });
  scroller.height = 50;
  flushSync();
  return { scroller, cursor: new RowCursor(scroller), end, shorten: (to: number) => (count = to) };
}

describe("the cursor of a list", () => {
  it("goes by rows, by what is in view, and to the ends, and stays in the list", () => {
    const { cursor, scroller, end } = list(20);
    const rows = ["ArrowDown", "PageDown", "End", "ArrowDown", "PageUp", "Home", "ArrowUp"].map((key) => {
      expect(cursor.move(key)).toBe(true);
      return cursor.row;
    });
    expect(rows).toEqual([1, 5, 19, 19, 15, 0, 0]);
    expect(scroller.position).toBe(0);
    end();
  });

  it("has the list follow it", () => {
    const { cursor, scroller, end } = list(20);
    cursor.move("End");
    expect(scroller.position).toBe(15);
    end();
  });

  it("leaves other keys alone, and comes along when the list becomes shorter", () => {
    const { cursor, end, shorten } = list(20);
    expect(cursor.move("Enter")).toBe(false);
    cursor.put(12);
    shorten(4);
    expect(cursor.row).toBe(3);
    shorten(0);
    expect(cursor.row).toBe(0);
    end();
  });
});
