// An uptime strip: one mark per check or per minute, drawn as three paths however many marks there are.

import type { CheckFrame, CheckMark, TimeRange } from "../backend";

/** Paths of a strip, by what they mean. */
export interface Strip {
  ok: string;
  /** Rises from the bottom by the share that failed. */
  failed: string;
  /** Behind a mark that failed only in part. */
  partly: string;
  /** Where nothing is known. */
  unknown: string;
}

export interface StripSize {
  width: number;
  height: number;
}

/** Marks nearer to each other than this have no gap between them. */
const GAPPED_PX = 2.6;
/** A failure is never drawn lower than this: one in sixty must be seen. */
const LEAST_PX = 4;

/** What the frame that ends at its instant covers. */
export function frameRange({ told_us, past_ms }: Pick<CheckFrame, "told_us" | "past_ms">): TimeRange {
  return { from_us: told_us - past_ms * 1000, to_us: told_us };
}

export function stripOf(marks: readonly CheckMark[], range: TimeRange, { width, height }: StripSize): Strip {
  const strip: Strip = { ok: "", failed: "", partly: "", unknown: "" };
  const perUs = width / Math.max(1, range.to_us - range.from_us);
  for (const { left, right, up, down, unknown } of columns(marks, range, perUs, width)) {
    const gap = right - left >= GAPPED_PX ? 1 : 0;
    const box = (top: number, bottom: number): string =>
      rect(left, top, Math.max(0.8, right - left - gap), bottom - top);
    if (down === 0 && up === 0) {
      if (unknown > 0) strip.unknown += box(0, height);
    } else if (down === 0) {
      strip.ok += box(0, height);
    } else {
      const high = Math.max(LEAST_PX, (down / (up + down)) * height);
      strip.failed += box(height - high, height);
      if (high < height) strip.partly += box(0, height - high);
    }
  }
  return strip;
}

interface Column {
  left: number;
  right: number;
  up: number;
  down: number;
  unknown: number;
}

/** Marks in pixels; those that share a pixel are one column. */
function columns(marks: readonly CheckMark[], range: TimeRange, perUs: number, width: number): Column[] {
  const all: Column[] = [];
  for (const { begin_us, end_us, up, down, unknown } of marks) {
    const left = Math.max(0, (begin_us - range.from_us) * perUs);
    const right = Math.min(width, (end_us - range.from_us) * perUs);
    if (right <= left) continue;
    const last = all.at(-1);
    if (last !== undefined && right - last.left < 1.2) {
      last.right = right;
      last.up += up;
      last.down += down;
      last.unknown += unknown;
    } else all.push({ left, right, up, down, unknown });
  }
  return all;
}

const px = (value: number): string => String(Math.round(value * 100) / 100);

function rect(x: number, y: number, w: number, h: number): string {
  return `M${px(x)} ${px(y)}h${px(w)}v${px(h)}h${px(-w)}z`;
}

/** Left edge and width of a range on a strip; null where it lies beside it. */
export function bandOn(band: TimeRange | null, range: TimeRange, width: number): { x: number; width: number } | null {
  if (band === null) return null;
  const perUs = width / Math.max(1, range.to_us - range.from_us);
  const from = Math.max(0, (band.from_us - range.from_us) * perUs);
  const to = Math.min(width, (band.to_us - range.from_us) * perUs);
  return to > from ? { x: from, width: to - from } : null;
}
