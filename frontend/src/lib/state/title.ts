// The page's title, which is also the window's: what is open and what of it is selected.

import { wallClock } from "../format";
import { pane, PANES } from "./pane.svelte";
import { playhead } from "./playhead.svelte";
import { recording } from "./recording.svelte";
import { selection } from "./selection.svelte";

/** `shop-day, Exchanges, 10:36:00 to 10:46:00, status:500 – Wirereel`. Reactive. */
export function pageTitle(): string {
  const open = recording.current;
  if (open === null) return "Wirereel";
  const parts = [open.name, PANES.find(({ id }) => id === pane.current)?.title ?? ""];
  const { range, filter } = selection;
  if (range !== null) parts.push(`${wallClock(range.from_us, "second")} to ${wallClock(range.to_us, "second")}`);
  else if (playhead.placed !== null) parts.push(wallClock(playhead.placed, "second"));
  if (filter !== "") parts.push(filter);
  return `${parts.join(", ")} – Wirereel`;
}
