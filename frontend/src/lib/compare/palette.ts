// The colours of the chart, read from the tokens of the theme in force.

import { readTokens } from "../canvas/tokens";
import type { Stroke } from "./strokes";

const TOKENS = {
  pane: "--bg-pane",
  raised: "--bg-raised",
  hover: "--bg-hover",
  line: "--line-strong",
  grid: "--d-grid",
  text: "--text-1",
  text2: "--text-2",
  text3: "--text-3",
  accent: "--accent",
  accentSoft: "--accent-soft",
  error: "--error-fill",
  gap: "--d-gap",
} as const;

const SERIES = {
  "series-a": "--series-a",
  "series-b": "--series-b",
  "series-c": "--series-c",
  "series-d": "--series-d",
} as const satisfies Record<Stroke["token"], string>;

export type ChartPalette = Record<keyof typeof TOKENS, string> & { series: Record<Stroke["token"], string> };

/** Reads the tokens; call it again when the theme changes. */
export function readPalette(element: Element): ChartPalette {
  return { ...readTokens(element, TOKENS), series: readTokens(element, SERIES) };
}
