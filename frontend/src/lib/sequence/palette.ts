// The colours of both pictures, read from the tokens of the theme in force.

import { readTokens } from "../canvas/tokens";

const TOKENS = {
  pane: "--bg-pane",
  raised: "--bg-raised",
  line: "--line-strong",
  grid: "--d-grid",
  text: "--text-1",
  text2: "--text-2",
  text3: "--text-3",
  accent: "--accent",
  error: "--error-fill",
  errorText: "--error",
  bar: "--edge-0",
  ttfb: "--ph-ttfb",
  transfer: "--ph-transfer",
} as const;

export type SequencePalette = Record<keyof typeof TOKENS, string>;

/** Reads the tokens; call it again when the theme changes. */
export function readPalette(element: Element): SequencePalette {
  return readTokens(element, TOKENS);
}
