// A selection as a line of text that can be sent, and the way back.

import { tick } from "svelte";
import { backend } from "../backend";
import { messages } from "./messages.svelte";
import { recording } from "./recording.svelte";

/** What a link begins with where the page has no address of its own. */
const SCHEME = "wirereel:";
/** Reading a large capture anew takes a while; its first rows come soon. */
const OPENED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** A link to what is selected in the open recording: the page's own address in a browser, `wirereel:#/…` in the window. */
export function linkHere(): string {
  const { origin, pathname, hash } = window.location;
  const id = recording.current?.recording_id;
  const place = id === undefined ? hash : withRecording(hash, id);
  return backend().host === "window" ? SCHEME + place : origin + pathname + place;
}

/** The part of a link that says what is selected; null when the text is not a link. */
export function placeIn(text: string): string | null {
  return /^(?:wirereel:|https?:\/\/[^\s#]+)(#\/[a-z]+(?:\?\S*)?)$/.exec(text.trim())?.[1] ?? null;
}

/** Shows what a link selects. False when the text is not a link. */
export function openLink(text: string): boolean {
  const place = placeIn(text);
  if (place === null) return false;
  void followPlace(place);
  return true;
}

/** Opens the recording that a place names, unless it is open, and goes there. */
export async function followPlace(place: string): Promise<void> {
  const { hash, recordingId } = splitPlace(place);
  if (recordingId !== null && recordingId !== recording.current?.recording_id) {
    if (!recording.recents.some((recent) => recent.recording_id === recordingId)) {
      return messages.show("The link leads to a recording that is not in this workspace.", "error");
    }
    await recording.openRecent(recordingId);
    await opened(recordingId);
  }
  window.location.hash = hash;
}

/** Waits until the page has the recording, and has forgotten what was selected in the one before. */
async function opened(recordingId: string): Promise<void> {
  const there = (): boolean => recording.current?.recording_id === recordingId && recording.range !== null;
  for (let waited = 0; waited < OPENED_WITHIN_MS && !there(); waited += LOOK_EVERY_MS) {
    await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
  }
  await tick();
}

/** A place with the recording that it is in. */
export function withRecording(hash: string, recordingId: string): string {
  return `${hash}${hash.includes("?") ? "&" : "?"}recording=${encodeURIComponent(recordingId)}`;
}

/** What `withRecording` put together, apart again. The address itself names no recording: there is one, the open one. */
export function splitPlace(place: string): { hash: string; recordingId: string | null } {
  const named = /[?&]recording=([^&]*)/.exec(place);
  if (named === null) return { hash: place, recordingId: null };
  const [part, id = ""] = named;
  const hash = place
    .replace(part, part.startsWith("?") ? "?" : "")
    .replace(/\?&?$/, "")
    .replace("?&", "?");
  return { hash, recordingId: decoded(id) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
