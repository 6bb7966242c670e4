// A selection as a line of text that can be sent, and the way back.

import { backend } from "../backend";

/** What a link begins with where the page has no address of its own. */
const SCHEME = "wirereel:";

/** A link to what is selected: the page's own address in a browser, `wirereel:#/…` in the window. */
export function linkHere(): string {
  const { origin, pathname, hash } = window.location;
  return backend().host === "window" ? SCHEME + hash : origin + pathname + hash;
}

/** The part of a link that says what is selected; null when the text is not a link. */
export function placeIn(text: string): string | null {
  return /^(?:wirereel:|https?:\/\/[^\s#]+)(#\/[a-z]+(?:\?\S*)?)$/.exec(text.trim())?.[1] ?? null;
}

/** Shows what a link selects. False when the text is not a link. */
export function openLink(text: string): boolean {
  const place = placeIn(text);
  if (place === null) return false;
  window.location.hash = place;
  return true;
}
