// @vitest-environment node

import type { ComponentProps } from "svelte";
import { render } from "svelte/server";
import { expect, test } from "vitest";
import { ApiError } from "../backend/error";
import { noticeKey, notices } from "./notice";
import Notices from "./Notices.svelte";

const error = new ApiError("internal", "The store is busy.", "disk full");

/** Each block as it is rendered: whether it ends with a line, and its words. */
function blocks(props: ComponentProps<typeof Notices>): { lined: boolean; words: string }[] {
  const [, ...parts] = render(Notices, { props }).body.split('<div class="notices');
  return parts.map((part) => {
    const [classes = ""] = part.split('"');
    const words = part.replace(/^[^>]*>|<!--.*?-->|<[^>]+>/g, " ").replace(/\s+/g, " ");
    return { lined: classes.split(" ").includes("lined"), words: words.trim() };
  });
}
const words = (props: ComponentProps<typeof Notices>): string[] => blocks(props).map((block) => block.words);

test("nothing stands above a pane in which nothing is wrong", () => {
  expect(blocks({ error: null, notes: [], lined: true })).toEqual([]);
  expect(blocks({ kept: "The figures are those of 12:00:00." })).toEqual([]);
});

test("an error says what is shown all the same, and asks again where that is possible", () => {
  const kept = "The figures are those of 12:00:00.";
  expect(words({ error, kept, onagain: () => undefined })).toEqual([
    "The store is busy. disk full Try again The figures are those of 12:00:00.",
  ]);
  expect(words({ error })).toEqual(["The store is busy. disk full"]);
});

test("what is wrong besides stands in a block of its own, below the error and in its order", () => {
  const notes = [...notices(["It is late.", "It is cold."]), { of: "a.pcap", text: "ends in a packet" }];
  expect(blocks({ error, notes, lined: true })).toEqual([
    { lined: true, words: "The store is busy. disk full" },
    { lined: true, words: "It is late. It is cold. a.pcap ends in a packet" },
  ]);
  expect(blocks({ notes: notices(["It is late."]) })).toEqual([{ lined: false, words: "It is late." }]);
});

test("the same sentence of two sources is said twice", () => {
  const twice = [{ of: "a.pcap", text: "is cut" }, { of: "b.pcap", text: "is cut" }, ...notices(["is cut"])];
  expect(new Set(twice.map(noticeKey)).size).toBe(3);
  expect(words({ notes: twice })).toEqual(["a.pcap is cut b.pcap is cut is cut"]);
});
