// The tokens a canvas needs as plain colours.

export interface Palette {
  pane: string;
  raised: string;
  line: string;
  text: string;
  text2: string;
  text3: string;
  accent: string;
  error: string;
  errorText: string;
  warnText: string;
  requests: string;
  errors: string;
  flow: string;
  /** By level: calm, watch, bad. */
  edges: [string, string, string];
}

/** Reads the tokens in force; call it again when the theme changes. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    pane: token("bg-pane"),
    raised: token("bg-raised"),
    line: token("line-strong"),
    text: token("text-1"),
    text2: token("text-2"),
    text3: token("text-3"),
    accent: token("accent"),
    error: token("error-fill"),
    errorText: token("error"),
    warnText: token("warn"),
    requests: token("d-requests"),
    errors: token("d-errors"),
    flow: token("edge-flow"),
    edges: [token("edge-0"), token("edge-1"), token("edge-2")],
  };
}
