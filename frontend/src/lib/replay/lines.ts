// The lines of the list of what passes.

import type { Bookmark, PassingEvent } from "../backend";
import { count, counted } from "../format";
import type { Mark } from "../reel/marks";
import { sayingOf } from "./words";

/** One line, before it has its place in the list. */
export type NewLine =
  | { what: "event"; at_us: number; event: PassingEvent }
  /** Requests and errors of the last ten seconds, where single events would be too many. */
  | { what: "figures"; at_us: number; requests: number; errors: number }
  /** Something that is marked on the reel. */
  | { what: "mark"; at_us: number; words: string; failed: boolean };

/** A line of the list; serials rise by one. */
export type Line = NewLine & { serial: number };

/** What of the reel's marks the playhead passed after `before` and up to `at`, in order. */
export function marksPassed(
  before: number,
  at: number,
  marks: readonly Mark[],
  bookmarks: readonly Bookmark[],
): NewLine[] {
  const passed = (us: number): boolean => us > before && us <= at;
  const lines: NewLine[] = [];
  for (const { range, title, ended } of marks) {
    if (passed(range.from_us)) lines.push({ what: "mark", at_us: range.from_us, words: title, failed: true });
    if (ended && passed(range.to_us))
      lines.push({ what: "mark", at_us: range.to_us, words: `${title}: over`, failed: false });
  }
  for (const { at_us, note } of bookmarks) {
    if (passed(at_us))
      lines.push({ what: "mark", at_us, words: note === "" ? "bookmark" : `bookmark: ${note}`, failed: false });
  }
  return lines.sort((a, b) => a.at_us - b.at_us);
}

/** The figures of a line of figures. */
export function figureWords(requests: number, errors: number): string {
  return `${counted(requests, "request")} in 10 s${errors > 0 ? `, ${count(errors)} failed` : ""}`;
}

/** New lines as one sentence: marks before failures before the rest. */
export function sayingOfAll(lines: readonly Line[]): string {
  const mark = lines.findLast((line) => line.what === "mark");
  if (mark !== undefined) return mark.words;
  const figures = lines.findLast((line) => line.what === "figures");
  if (figures !== undefined) return figureWords(figures.requests, figures.errors);
  const events = lines.flatMap((line) => (line.what === "event" ? [line.event] : []));
  const failed = events.filter((event) => event.failed);
  const last = failed.at(-1) ?? events.at(-1);
  const words = `${counted(events.length, "event")}${failed.length > 0 ? `, ${count(failed.length)} failed` : ""}`;
  return last === undefined ? words : `${words}: ${sayingOf(last)}`;
}
