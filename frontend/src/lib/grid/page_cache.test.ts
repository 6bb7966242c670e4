import { describe, expect, it } from "vitest";
import { PAGE_ROWS, PageCache } from "./page_cache";

const rowsFrom = (first: number, n: number) => Array.from({ length: n }, (_, i) => first + i);

describe("PageCache", () => {
  it("finds rows by index and says which pages are missing", () => {
    const cache = new PageCache<number>();
    expect(cache.missing(150, 450)).toEqual({ first: 0, end: 3 });
    cache.put(1, rowsFrom(200, 400), 2);
    expect([cache.row(199), cache.row(200), cache.row(599), cache.row(600)]).toEqual([undefined, 200, 599, undefined]);
    expect(cache.missing(150, 450)).toEqual({ first: 0, end: 1 });
    expect(cache.missing(250, 450)).toBeNull();
  });

  it("asks for at most a thousand rows at once", () => {
    expect(new PageCache<number>().missing(0, 5000)).toEqual({ first: 0, end: 5 });
  });

  it("takes a short last page as read", () => {
    const cache = new PageCache<number>();
    cache.put(0, rowsFrom(0, 30), 1);
    expect(cache.missing(0, 30)).toBeNull();
  });

  it("shows aged rows until they are read again", () => {
    const cache = new PageCache<number>();
    cache.put(0, rowsFrom(0, PAGE_ROWS), 1);
    cache.age();
    expect(cache.row(5)).toBe(5);
    expect(cache.missing(0, 10)).toEqual({ first: 0, end: 1 });
  });

  it("forgets the pages used longest ago", () => {
    const cache = new PageCache<number>();
    for (let page = 0; page < 100; page++) cache.put(page, rowsFrom(page * PAGE_ROWS, PAGE_ROWS), 1);
    expect(cache.row(0)).toBeUndefined();
    expect(cache.row(99 * PAGE_ROWS)).toBe(99 * PAGE_ROWS);
  });
});
