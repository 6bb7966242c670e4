// The waterfall: a row per exchange, indented by what caused it, and on one time axis where its time went.

import type { Sequence, SequenceSpan, TimeRange } from "../backend";
import { titleOf } from "../compare/services";
import { latency, timeMark } from "../format";
import { Scale } from "../reel/scale";
import type { PathShape, Scene, SceneShape } from "../topology/picture/scene";
import { lowered, text } from "./diagram";
import type { SequencePalette } from "./palette";
import { criticalParts, flattened, lengthOf, ownParts, trees, type Branch, type Part } from "./tree";

export const ROW_PX = 25;
export const RULER_PX = 24;
const BAR_TOP = 6;
const BAR_PX = 11;
const LEAST_PX = 2;
const LABEL_PX = 78;

export interface WaterfallRow {
  span: SequenceSpan;
  depth: number;
  own: Part[];
  ownUs: number;
  /** Its part of the critical path. */
  critical: Part[];
}

export interface Waterfall {
  rows: WaterfallRow[];
  range: TimeRange;
}

export function waterfall({ spans, range }: Sequence): Waterfall {
  const roots = trees(spans);
  const critical = criticalParts(roots);
  const rows = flattened(roots).map((branch: Branch): WaterfallRow => {
    const own = ownParts(branch);
    return {
      span: branch.span,
      depth: branch.depth,
      own,
      ownUs: lengthOf(own),
      critical: critical.get(branch.span.exchange_id) ?? [],
    };
  });
  const from_us = Math.min(range.from_us, ...spans.map(({ started_us }) => started_us));
  const to_us = Math.max(range.to_us, from_us + 1, ...spans.map(({ finished_us }) => finished_us));
  return { rows, range: { from_us, to_us } };
}

/** Marks of a ruler that counts from the start of the sequence. */
export function rulerMarks(view: TimeRange, zeroUs: number, width: number): { us: number; label: string }[] {
  const least = ((view.to_us - view.from_us) / Math.max(1, width)) * LABEL_PX;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power);
  const marks = [];
  for (let n = Math.ceil((view.from_us - zeroUs) / step); zeroUs + n * step <= view.to_us; n += 1) {
    marks.push({ us: zeroUs + n * step, label: n === 0 ? "0" : timeMark(n * step) });
  }
  return marks;
}

/** A row's bar: pale while it waits for its own calls, full while it works or its answer is on the way. */
export function barShapes({ span, own, critical }: WaterfallRow, scale: Scale, palette: SequencePalette): SceneShape[] {
  const shapes: SceneShape[] = [];
  const answered = span.response_us;
  const firstByte = Math.max(span.started_us, Math.min(answered ?? span.finished_us, span.finished_us));
  const wait: Part = { fromUs: span.started_us, toUs: firstByte };
  const transfer: Part = { fromUs: firstByte, toUs: span.finished_us };
  const waitColour = answered === null ? palette.error : palette.ttfb;
  shapes.push(bar(wait, scale, waitColour, 0.34), ...bars(within(own, wait), scale, waitColour));
  if (answered !== null && transfer.toUs > transfer.fromUs) shapes.push(bar(transfer, scale, palette.transfer, 1));
  const [x, end] = [scale.x(span.started_us), scale.x(span.finished_us)];
  if (span.inferred) {
    shapes.push({
      kind: "path",
      d: `M${n1(x - 1)} ${BAR_TOP - 1.5}h${n1(Math.max(LEAST_PX, end - x) + 2)}v${BAR_PX + 3}h${n1(-Math.max(LEAST_PX, end - x) - 2)}z`,
      stroke: palette.text3,
      width: 1,
      dash: [3, 2],
    });
  }
  if (span.failed) {
    shapes.push({
      kind: "path",
      d: "M0 -4.4l4.8 8.4h-9.6z",
      fill: palette.error,
      stroke: palette.pane,
      width: 1,
      at: [Math.max(x, end) + 9, BAR_TOP + 6],
    });
  }
  for (const part of critical) {
    const [from, to] = [scale.x(part.fromUs), scale.x(part.toUs)];
    shapes.push({ kind: "path", d: rect(from, BAR_TOP + BAR_PX + 2.5, Math.max(1, to - from), 2), fill: palette.text });
  }
  return shapes;
}

const bars = (parts: readonly Part[], scale: Scale, colour: string): SceneShape[] =>
  parts.map((part) => bar(part, scale, colour, 1));

function bar(part: Part, scale: Scale, fill: string, opacity: number): PathShape {
  const x = scale.x(part.fromUs);
  const shape: PathShape = {
    kind: "path",
    d: rect(x, BAR_TOP, Math.max(LEAST_PX, scale.x(part.toUs) - x), BAR_PX),
    fill,
  };
  if (opacity < 1) shape.opacity = opacity;
  return shape;
}

/** What of `parts` lies in another part. */
function within(parts: readonly Part[], whole: Part): Part[] {
  return parts
    .map(({ fromUs, toUs }) => ({ fromUs: Math.max(fromUs, whole.fromUs), toUs: Math.min(toUs, whole.toUs) }))
    .filter(({ fromUs, toUs }) => toUs > fromUs);
}

const n1 = (value: number): string => String(Math.round(value * 10) / 10);
const rect = (x: number, y: number, w: number, h: number): string => `M${n1(x)} ${y}h${n1(w)}v${h}h${n1(-w)}z`;

const NAMES_PX = 380;
const BARS_PX = 900;

/** All of it as one picture. */
export function waterfallScene({ rows, range }: Waterfall, palette: SequencePalette): Scene {
  const scale = new Scale(range, BARS_PX - 80);
  const height = RULER_PX + rows.length * ROW_PX + 8;
  const shapes: SceneShape[] = [];
  const moved = (shape: SceneShape, down: number): SceneShape => {
    const low = lowered(shape, down);
    return low.kind === "text"
      ? { ...low, x: low.x + NAMES_PX }
      : { ...low, at: [(low.at?.[0] ?? 0) + NAMES_PX, low.at?.[1] ?? 0] };
  };
  for (const { us, label } of rulerMarks(range, range.from_us, scale.width)) {
    const x = NAMES_PX + scale.x(us);
    shapes.push({ kind: "path", d: `M${n1(x)} ${RULER_PX - 4}V${height}`, stroke: palette.grid, width: 1 });
    shapes.push(text(x, 14, label, palette.text3, { size: 10.5, anchor: "middle" }));
  }
  rows.forEach((row, n) => {
    const down = RULER_PX + n * ROW_PX;
    const x = 10 + row.depth * 14;
    const status = row.span.status === null ? "none" : String(row.span.status);
    shapes.push(
      text(x, down + 16, status, row.span.failed ? palette.errorText : palette.text3, { size: 10.5, weight: 620 }),
    );
    shapes.push(
      text(x + 32, down + 16, `${titleOf(row.span.server)}  ${row.span.label}`, palette.text, {
        size: 11,
        most: NAMES_PX - x - 110,
      }),
    );
    shapes.push(
      text(NAMES_PX - 10, down + 16, latency(row.span.finished_us - row.span.started_us), palette.text2, {
        size: 11,
        anchor: "end",
      }),
    );
    shapes.push(...barShapes(row, scale, palette).map((shape) => moved(shape, down)));
  });
  return { x: 0, y: 0, width: NAMES_PX + BARS_PX, height, background: palette.pane, shapes };
}
