// The geometry of the sequence/time picture: where marks lie, which lie under the pointer, what they add up to.

import type { SequenceMark } from "../backend";
import { bytes, counted, duration } from "../format";

/** Verdicts of packets whose numbers lie anywhere: they do not stretch the scale. */
const ASTRAY = "out of window";

/** The part of the canvas in which marks lie, in CSS pixels. */
export interface Plot {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What the axes span. */
export interface Extent {
  fromUs: number;
  toUs: number;
  /** Bytes of the direction, from its first to its last. */
  fromByte: number;
  toByte: number;
}

/** The extent of one direction's marks, over the time of both, so that the two pictures lie above each other. */
export function extentOf(all: readonly SequenceMark[], fromClient: boolean): Extent {
  let [fromUs, toUs, fromByte, toByte] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const mark of all) {
    fromUs = Math.min(fromUs, mark.at_us);
    toUs = Math.max(toUs, mark.at_us);
    if (mark.from_client !== fromClient || mark.verdict === ASTRAY) continue;
    fromByte = Math.min(fromByte, mark.sequence);
    toByte = Math.max(toByte, mark.sequence + mark.payload_bytes);
  }
  if (toUs < fromUs) [fromUs, toUs] = [0, 0];
  if (toByte < fromByte) [fromByte, toByte] = [0, 0];
  return { fromUs, toUs, fromByte, toByte };
}

/** Turns instants and bytes into pixels. */
export class SequenceScale {
  readonly plot: Plot;
  readonly extent: Extent;

  constructor(plot: Plot, extent: Extent) {
    this.plot = plot;
    this.extent = extent;
  }

  x(us: number): number {
    const { fromUs, toUs } = this.extent;
    return this.plot.left + (toUs > fromUs ? (us - fromUs) / (toUs - fromUs) : 0.5) * this.plot.width;
  }

  /** A byte's height: the first at the lower edge, the last at the upper one; what lies outside stays on the edge. */
  y(byte: number): number {
    const { fromByte, toByte } = this.extent;
    const part = toByte > fromByte ? (byte - fromByte) / (toByte - fromByte) : 0.5;
    return this.plot.top + (1 - Math.min(1, Math.max(0, part))) * this.plot.height;
  }
}

/** A vertical line of payload: pixels from `top` to `bottom` in the column `x`. */
export interface Stroke {
  x: number;
  top: number;
  bottom: number;
}

/**
 * The payload of all marks as lines on whole pixel columns. Lines of a column that touch become one, so that however many
 * packets there are, no more is drawn than can be seen.
 */
export function strokes(marks: readonly SequenceMark[], scale: SequenceScale): Stroke[] {
  const columns = new Map<number, Stroke[]>();
  for (const mark of marks) {
    const x = Math.round(scale.x(mark.at_us));
    // A pixel at least, and inside the plot.
    const lower = scale.y(mark.sequence);
    const top = Math.max(scale.plot.top, Math.min(scale.y(mark.sequence + mark.payload_bytes), lower - 1));
    const stroke = { x, top, bottom: Math.max(lower, top + 1) };
    const column = columns.get(x);
    if (column === undefined) columns.set(x, [stroke]);
    else column.push(stroke);
  }
  return [...columns.values()].flatMap(joined);
}

function joined(column: Stroke[]): Stroke[] {
  const list = [...column].sort((a, b) => a.top - b.top);
  const result: Stroke[] = [];
  for (const stroke of list) {
    const last = result.at(-1);
    if (last !== undefined && stroke.top <= last.bottom + 0.5) last.bottom = Math.max(last.bottom, stroke.bottom);
    else result.push({ ...stroke });
  }
  return result;
}

/** Where a mark's shape is drawn: the middle of its payload. */
export function centre(mark: SequenceMark, scale: SequenceScale): { x: number; y: number } {
  return { x: scale.x(mark.at_us), y: scale.y(mark.sequence + mark.payload_bytes / 2) };
}

/** Farther than this from the pointer, nothing is meant. */
const REACH_PX = 9;
/** So much nearer does one with a verdict count: its shape lies on top. */
const SHAPE_PX = 4;

/** The mark under the pointer, or null. */
export function markAt(
  marks: readonly SequenceMark[],
  scale: SequenceScale,
  x: number,
  y: number,
): SequenceMark | null {
  let nearest: SequenceMark | null = null;
  let least = REACH_PX;
  for (const mark of marks) {
    const dx = Math.abs(scale.x(mark.at_us) - x);
    if (dx > REACH_PX + SHAPE_PX) continue;
    const top = scale.y(mark.sequence + mark.payload_bytes);
    const bottom = scale.y(mark.sequence);
    const dy = y < top ? top - y : y > bottom ? y - bottom : 0;
    const distance = Math.hypot(dx, dy) - (mark.verdict === null ? 0 : SHAPE_PX);
    if (distance < least) [nearest, least] = [mark, distance];
  }
  return nearest;
}

/** The mark `step` places on among those of a direction; without a chosen one the first or the last. */
export function stepped(marks: readonly SequenceMark[], chosen: number | null, step: number): SequenceMark | null {
  if (marks.length === 0) return null;
  const at = chosen === null ? -1 : marks.findIndex((mark) => mark.index >= chosen);
  if (chosen === null || at < 0) return (step > 0 ? marks[0] : marks.at(-1)) ?? null;
  return marks[Math.min(marks.length - 1, Math.max(0, at + step))] ?? null;
}

/** The verdicts met, most frequent first. */
export function verdictCounts(marks: readonly SequenceMark[]): { verdict: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { verdict } of marks) if (verdict !== null) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => ({ verdict, count })).sort((a, b) => b.count - a.count);
}

/** One direction in a sentence, for those who cannot see it. */
export function sequenceSummary(marks: readonly SequenceMark[], fromClient: boolean): string {
  const own = marks.filter((mark) => mark.from_client === fromClient);
  if (own.length === 0) return "No packet.";
  const extent = extentOf(own, fromClient);
  const span = extent.toUs - extent.fromUs;
  const met = verdictCounts(own).map(({ verdict, count }) => `${count} ${verdict}`);
  return (
    `${counted(own.length, "packet")}, ${bytes(extent.toByte - extent.fromByte)} in ${duration(span)}. ` +
    (met.length === 0 ? "Nothing stood out." : `${met.join(", ")}.`)
  );
}
