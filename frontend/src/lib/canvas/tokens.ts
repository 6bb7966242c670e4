// The tokens of the theme in force as plain values: canvases cannot read them by themselves.

/** Reads `tokens` (`--bg-frame`) under the names given; call it again when the theme changes. */
export function readTokens<N extends string>(element: Element, tokens: Readonly<Record<N, string>>): Record<N, string> {
  const style = getComputedStyle(element);
  const entries = Object.entries<string>(tokens).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return Object.fromEntries(entries) as Record<N, string>;
}
