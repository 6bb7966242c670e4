import { describe, expect, it } from "vitest";
import type { FilterToken } from "../backend";
import { termsOf, type Verdict } from "./pieces";

const text = "-path:/healthz status:>=500";
const tokens: FilterToken[] = [
  { start: 0, end: 1, role: "operator" },
  { start: 1, end: 6, role: "field" },
  { start: 6, end: 14, role: "value" },
  { start: 15, end: 22, role: "field" },
  { start: 22, end: 24, role: "operator" },
  { start: 24, end: 27, role: "value" },
];
const verdict: Verdict = { text, tokens, problem: null };

function drawn(typed: string, known: Verdict | null): string[] {
  return termsOf(typed, known).map((term) => term.map((piece) => piece.text).join("|"));
}

describe("the pieces of a filter", () => {
  it("tokens that touch are one term", () => {
    expect(drawn(text, verdict)).toEqual(["-|path:|/healthz", " ", "status:|>=|500"]);
  });
  it("nothing is lost or doubled", () => {
    expect(drawn(text, verdict).join("").replaceAll("|", "")).toBe(text);
    expect(drawn(text, null)).toEqual([text]);
    expect(drawn("", null)).toEqual([]);
  });
  it("typing on keeps what was known of the start", () => {
    expect(drawn("-path:/healthz sta", verdict)).toEqual(["-|path:|/healthz", " sta"]);
  });
  it("the wrong part is marked, also inside a token", () => {
    const problem = { start: 24, end: 27, message: "not a number" };
    const wrong = termsOf(text, { ...verdict, problem }).flat();
    expect(wrong.filter((piece) => piece.wrong).map((piece) => piece.text)).toEqual(["500"]);
  });
  it("a problem behind the end of the text marks nothing", () => {
    const problem = { start: 27, end: 28, message: "a value is missing" };
    expect(
      termsOf(text, { ...verdict, problem })
        .flat()
        .some((piece) => piece.wrong),
    ).toBe(false);
  });
});
