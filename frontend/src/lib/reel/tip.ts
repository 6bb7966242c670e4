// What is under the pointer, in words.

import type { Density, Gap } from "../backend";
import { clock, counted, duration, rate, share, span } from "../format";
import type { Grip } from "./hit";
import { shownBuckets } from "./histogram";
import { whenOf, type Mark } from "./marks";
import type { Scale } from "./scale";

export interface Tip {
  title: string;
  lines: string[];
}

/** Words for a place on the track; null where there is nothing to say. */
export function tipOf(grip: Grip, us: number, density: Density | null, scale: Scale): Tip | null {
  switch (grip.on) {
    case "mark":
      return { title: grip.mark.title, lines: [whenOf(grip.mark), ...grip.mark.lines, ...hintOf(grip.mark)] };
    case "bookmark":
      return { title: grip.bookmark.note || "Bookmark", lines: [clock(grip.bookmark.at_us)] };
    case "histogram":
    case "range":
      return density === null ? null : barTip(us, density, scale);
    default:
      return null;
  }
}

/** What a mark leads to. */
function hintOf({ alertId }: Mark): string[] {
  return alertId === undefined ? [] : ["A double-click shows the alert."];
}

function barTip(us: number, density: Density, scale: Scale): Tip | null {
  const gap = density.gaps.find(({ range }) => range.from_us <= us && us < range.to_us);
  if (gap !== undefined && gap.lost_packets === 0) return gapTip(gap);
  const n = Math.floor((us - density.range.from_us) / density.bucket_us);
  const [first, end] = shownBuckets(density, scale.view);
  const requests = density.requests[n];
  if (n < first || n >= end || requests === undefined) return null;
  const from = density.range.from_us + n * density.bucket_us;
  const errors = density.errors[n] ?? 0;
  const matches = density.matches[n];
  return {
    title: span(from, from + density.bucket_us),
    lines: [
      `${counted(requests, "request")}, ${rate(requests / (density.bucket_us / 1e6))}`,
      errors > 0 ? `${counted(errors, "error")}, ${share(errors / requests)}` : "no errors",
      ...(matches === undefined ? [] : [`${counted(matches, "match", "matches")} of the filter`]),
      ...(gap === undefined ? [] : [`${gap.reason}: ${counted(gap.lost_packets, "packet")} lost`]),
    ],
  };
}

/** Where nothing was recorded there are no counts, not even zero. */
function gapTip({ range, reason }: Gap): Tip {
  return {
    title: `${reason}, ${duration(range.to_us - range.from_us)}`,
    lines: [span(range.from_us, range.to_us), "What passed then is unknown."],
  };
}
