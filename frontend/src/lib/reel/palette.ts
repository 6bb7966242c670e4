// The colours that canvases draw with, read from the tokens of the theme in force.

import { readTokens } from "../canvas/tokens";

const TOKENS = {
  frame: "--bg-frame",
  active: "--bg-active",
  line: "--line-strong",
  grid: "--d-grid",
  text1: "--text-1",
  text2: "--text-2",
  text3: "--text-3",
  requests: "--d-requests",
  requestsDim: "--d-requests-dim",
  errors: "--d-errors",
  gap: "--d-gap",
  gapText: "--error",
  ok: "--ok-fill",
  warn: "--warn-fill",
  error: "--error-fill",
  onError: "--text-on-error",
  accent: "--accent",
  accentSoft: "--accent-soft",
  fontUi: "--font-ui",
  fontMono: "--font-mono",
} as const;

export type Palette = Record<keyof typeof TOKENS, string>;

/** Reads the tokens; call it again when the theme changes. */
export function readPalette(element: Element): Palette {
  return readTokens(element, TOKENS);
}
