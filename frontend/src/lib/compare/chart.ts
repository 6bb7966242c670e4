// The chart as shapes: what lies behind the lines and what lies over them. The canvas and the exported picture draw the same.

import type { Series, ServiceSeries, TimeRange } from "../backend";
import { face } from "../format/face.svelte";
import type { Scale } from "../reel/scale";
import { ticks } from "../reel/ticks";
import type { PathShape, SceneShape, TextShape } from "../topology/picture/scene";
import { heights, highestOf, type Heights, type MetricWords } from "./metrics";
import type { ChartPalette } from "./palette";
import { overlap, placed, pointsUnder, type Line, type Rect, type Wish } from "./placing";
import { peaks, peakWords, silences, silenceWords } from "./remarks";
import { titleOf } from "./services";
import type { Stroke } from "./strokes";

/** One line of a panel. */
export interface ChartLine {
  stroke: Stroke;
  series: ServiceSeries;
}

/** What a panel draws. */
export interface Panel {
  scale: Scale;
  height: number;
  series: Series;
  lines: readonly ChartLine[];
  words: MetricWords;
  before: TimeRange | null;
  after: TimeRange | null;
  /** True when the range after is the selected one. */
  selected: boolean;
  /** The uppermost panel names the windows. */
  first: boolean;
  /** The lowest panel names the times. */
  timed: boolean;
  palette: ChartPalette;
  measure: (text: string, size: number, weight: number) => number;
}

export interface PanelShapes {
  heights: Heights;
  behind: SceneShape[];
  over: SceneShape[];
}

export const TOP_PX = 24;
export const BOTTOM_PX = 20;
const LEAST_TOP_PX = 17;
/** Room for the highest mark, left of which no window is named. */
const MARKS_PX = 66;
const MARK_PX = 11;
const MOST_SILENCES_NAMED = 6;

/** Where the lines are, from the upper edge of the panel. */
export function plotOf({ height, first, timed }: Pick<Panel, "height" | "first" | "timed">): {
  top: number;
  height: number;
} {
  const top = first ? TOP_PX : LEAST_TOP_PX;
  return { top, height: Math.max(1, height - top - (timed ? BOTTOM_PX : 3)) };
}

/** Instants of the points: the middle of each bucket. */
export function instantsOf({ range, bucket_us, series }: Series): number[] {
  const points = series[0]?.values.length ?? 0;
  return Array.from({ length: points }, (_, n) => range.from_us + (n + 0.5) * bucket_us);
}

export function panelShapes(panel: Panel): PanelShapes {
  const { words, lines } = panel;
  const scale = heights(highestOf(lines.map(({ series }) => series.values)), words.most);
  const plot = plotOf(panel);
  const y = (value: number): number => plot.top + plot.height * (1 - value / scale.top);
  const behind = [...windowShapes(panel, plot), ...gridShapes(panel, scale, y), ...missingShapes(panel, plot)];
  return { heights: scale, behind, over: overShapes(panel, scale, y, plot) };
}

/** The lines themselves, for the exported picture; on the page uPlot draws them. */
export function lineShapes(panel: Panel): SceneShape[] {
  const { palette } = panel;
  const drawn = pointsOf(
    panel,
    heights(highestOf(panel.lines.map(({ series }) => series.values)), panel.words.most).top,
  );
  return drawn.flatMap((line, n): SceneShape[] => {
    const stroke = panel.lines[n]?.stroke;
    if (stroke === undefined) return [];
    const d = lineData(line);
    const own: PathShape = { kind: "path", d, stroke: palette.series[stroke.token], width: 1.7 };
    if (stroke.dash.length > 0) own.dash = stroke.dash;
    return [{ kind: "path", d, stroke: palette.pane, width: 3.5 }, own];
  });
}

/** Where the points stand. */
function pointsOf(panel: Panel, top: number): Line[] {
  const plot = plotOf(panel);
  const instants = instantsOf(panel.series);
  return panel.lines.map(({ series }) =>
    series.values.map((value, n) =>
      value === null ? null : { x: panel.scale.x(instants[n] ?? 0), y: plot.top + plot.height * (1 - value / top) },
    ),
  );
}

/** A path that breaks where there is no value; a single point becomes a short dash. */
function lineData(line: Line): string {
  let d = "";
  line.forEach((point, n) => {
    if (point === null) return;
    const [before, after] = [line[n - 1] ?? null, line[n + 1] ?? null];
    const at = `${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
    if (before !== null) d += `L${at}`;
    else d += after === null ? `M${at}m-1 0h2` : `M${at}`;
  });
  return d;
}

type Plot = ReturnType<typeof plotOf>;

function windowShapes(panel: Panel, plot: Plot): SceneShape[] {
  const { palette, before, after, selected, first } = panel;
  const shapes: SceneShape[] = [];
  const band = (range: TimeRange, line: string, fill: string, name: string): void => {
    const [x, w] = spanPx(panel, range);
    if (w <= 0) return;
    const top = first ? plot.top - 18 : 0;
    shapes.push({ kind: "path", d: rectData(x, top, w, plot.top + plot.height - top), fill });
    if (first) shapes.push({ kind: "path", d: rectData(x, top, w, 2.5), fill: line });
    for (const edge of [x, x + w]) {
      shapes.push({
        kind: "path",
        d: rectData(edge - 0.5, top, 1, plot.top + plot.height - top),
        fill: line,
        opacity: 0.7,
      });
    }
    if (!first) return;
    const start = Math.max(x + 6, MARKS_PX);
    const room = x + w - start - 4;
    const words = panel.measure(name, 11, 520) <= room ? name : (name.split(",")[0] ?? name);
    if (panel.measure(words, 11, 520) <= room) {
      shapes.push(text(start, plot.top - 4, words, line, { weight: 520, halo: palette.pane }));
    }
  };
  if (before !== null) band(before, palette.text2, palette.hover, "Before");
  if (after !== null) band(after, palette.accent, palette.accentSoft, selected ? "After, the selected range" : "After");
  return shapes;
}

function gridShapes(panel: Panel, scale: Heights, y: (value: number) => number): SceneShape[] {
  const { palette, timed, height } = panel;
  const width = panel.scale.width;
  const shapes: SceneShape[] = scale.marks.map((mark) => ({
    kind: "path",
    d: rectData(0, Math.round(y(mark)), width, 1),
    fill: mark === 0 ? palette.line : palette.grid,
  }));
  if (!timed) return shapes;
  for (const { us, label } of ticks(panel.scale.view, width, face)) {
    const x = panel.scale.x(us);
    if (label === null || x < 20 || x > width - 20) continue;
    shapes.push(text(x, height - 6, label, palette.text3, { size: 10.5, anchor: "middle" }));
  }
  return shapes;
}

/** Gaps and silences: hatched, so that nobody takes them for zero. */
function missingShapes(panel: Panel, plot: Plot): SceneShape[] {
  const { palette, series } = panel;
  const shapes: SceneShape[] = [];
  for (const gap of series.gaps) {
    const [x, w] = spanPx(panel, gap.range, 2);
    if (w <= 0) continue;
    // Where only some packets were dropped, there are values still.
    const high = gap.reason === "dropped" ? 5 : plot.height;
    const rect = { x, y: plot.top + plot.height - high, w, h: high };
    shapes.push({
      kind: "path",
      d: hatchData(rect),
      stroke: gap.reason === "dropped" ? palette.gap : palette.line,
      width: 1.4,
    });
  }
  for (const { remark } of silences(panel.lines.map((line) => line.series))) {
    const [x, w] = spanPx(panel, remark.range, 2);
    if (w <= 0) continue;
    const rect = { x, y: plot.top, w, h: plot.height };
    shapes.push({ kind: "path", d: hatchData(rect), stroke: palette.error, width: 1.4, opacity: 0.35 });
    shapes.push({ kind: "path", d: rectData(x - 0.75, plot.top, 1.5, plot.height), fill: palette.error });
  }
  return shapes;
}

/** Marks of the heights, ends of the lines, and words: silences first, then names, then peaks. */
function overShapes(panel: Panel, scale: Heights, y: (value: number) => number, plot: Plot): SceneShape[] {
  const { palette, lines, words, measure } = panel;
  const width = panel.scale.width;
  const shapes: SceneShape[] = [];
  const taken: Rect[] = [];
  const points = pointsOf(panel, scale.top);

  const [low, top] = [scale.marks[1], scale.marks.at(-1)];
  for (const mark of scale.marks) {
    const few = plot.height < 90 && mark !== top;
    if (mark === 0 || (few && mark !== low) || (plot.height < 60 && mark !== top)) continue;
    const label = words.mark(mark, mark === top);
    const w = measure(label, 10.5, 420);
    shapes.push(text(5, y(mark) - 4, label, palette.text3, { size: 10.5, halo: palette.pane }));
    taken.push({ x: 5, y: y(mark) - 14, w, h: 12 });
  }
  points.forEach((line, n) => {
    const last = line.findLast((point) => point !== null && point.x >= 0 && point.x <= width);
    const stroke = lines[n]?.stroke;
    if (!last || !stroke) return;
    const at: [number, number] = [Math.min(last.x, width - 6), last.y];
    shapes.push({
      kind: "path",
      d: stroke.shape,
      fill: palette.series[stroke.token],
      stroke: palette.pane,
      width: 1,
      at,
    });
    taken.push({ x: at[0] - 5, y: at[1] - 5, w: 10, h: 10 });
  });

  const notes = [...silenceNotes(panel, plot), ...nameNotes(panel, points), ...peakNotes(panel, y, plot)];
  const area = { x: 4, y: plot.top - 2, w: width - 8, h: plot.height + 2 };
  taken.push(...notes.flatMap(({ keeps }) => keeps));
  const under = pointsUnder(points);
  const hatched = silences(lines.map((line) => line.series)).map(({ remark }): Rect => {
    const [x, w] = spanPx(panel, remark.range, 2);
    return { x, y: plot.top, w, h: plot.height };
  });
  // Words on hatching can be read, but better beside it.
  const cover = (rect: Rect): number => under(rect) * 2 + (hatched.some((one) => overlap(one, rect)) ? 1 : 0);
  const places = placed(notes, area, taken, cover);
  notes.forEach((note, n) => {
    const place = places[n];
    shapes.push(...note.always);
    if (place) shapes.push(...note.draw(place));
  });
  return shapes;
}

/** Words with what is drawn in any case. */
interface Note extends Wish {
  always: SceneShape[];
  /** What no words may cover. */
  keeps: Rect[];
  draw: (place: Rect) => SceneShape[];
}

function silenceNotes(panel: Panel, plot: Plot): Note[] {
  const { palette, measure, lines } = panel;
  return silences(lines.map((line) => line.series))
    .slice(0, MOST_SILENCES_NAMED)
    .flatMap(({ service, remark }): Note[] => {
      const [x, w] = spanPx(panel, remark.range, 2);
      if (w <= 0) return [];
      const words = silenceWords(service, remark);
      const size = { w: measure(words, 11, 420) + 30, h: 22 };
      const rows = [plot.height - 30, plot.height - 56, 8, plot.height / 2].map((down) => plot.top + down);
      const places = rows.flatMap((y) => [
        { x: x - size.w - 6, y, ...size },
        { x: x + w + 6, y, ...size },
      ]);
      const draw = (place: Rect): SceneShape[] => [
        { kind: "path", d: roundedData(place, 5), fill: palette.raised, stroke: palette.error, width: 1 },
        { kind: "path", d: PIN, fill: palette.error, at: [place.x + 12, place.y + 11] },
        { kind: "path", d: BOLT, fill: palette.raised, at: [place.x + 12, place.y + 11] },
        text(place.x + 23, place.y + 15, words, palette.text),
      ];
      return [{ places, always: [], keeps: [], draw }];
    });
}

/** A square with a bolt, as the reel pins a crash. */
const PIN =
  "M-5.5 -4a1.5 1.5 0 0 1 1.5 -1.5h8a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1 -1.5 1.5h-8a1.5 1.5 0 0 1 -1.5 -1.5z";
const BOLT = "M.9 -4L-2.6 .7h2l-.7 3.3L2.6 -.9h-2z";

function nameNotes(panel: Panel, points: readonly Line[]): Note[] {
  const { lines, palette, measure } = panel;
  const width = panel.scale.width;
  return lines.map(({ stroke, series }, n): Note => {
    const words = `${stroke.letter} ${titleOf(series.service)}`;
    const size = { w: measure(words, 11.5, 620) + 2, h: 14 };
    const line = points[n] ?? [];
    const places = [0.17, 0.28, 0.08, 0.4, 0.55, 0.7, 0.85, 0.63, 0.48].flatMap((part) => {
      const point = nearest(line, width * part);
      if (point === null) return [];
      const x = point.x - size.w / 2;
      return [
        { x, y: point.y - 20, ...size },
        { x, y: point.y + 6, ...size },
      ];
    });
    const draw = (place: Rect): SceneShape[] => [
      text(place.x + 1, place.y + 11, words, palette.text, { size: 11.5, weight: 620, halo: palette.pane }),
    ];
    return { places, always: [], keeps: [], draw };
  });
}

function peakNotes(panel: Panel, y: (value: number) => number, plot: Plot): Note[] {
  const { lines, palette, measure, words } = panel;
  return peaks(lines.map((line) => line.series)).flatMap(({ index, remark }): Note[] => {
    const stroke = lines[index]?.stroke;
    const x = panel.scale.x((remark.range.from_us + remark.range.to_us) / 2);
    if (stroke === undefined || remark.value === null || x < 0 || x > panel.scale.width) return [];
    const top = Math.max(y(remark.value), MARK_PX);
    const said = peakWords(remark, words);
    const size = { w: measure(said, 11, 420) + 2, h: 13 };
    const places = [
      { x: x + 8, y: top - 15, ...size },
      { x: x - 8 - size.w, y: top - 15, ...size },
      { x: x - size.w / 2, y: top - 27, ...size },
      { x: x - size.w / 2, y: top + 8, ...size },
      { x: x + 12, y: top + 4, ...size },
      { x: x - 12 - size.w, y: top + 4, ...size },
    ];
    const mark: PathShape = {
      kind: "path",
      d: "M-4.5 -6h9l-4.5 6z",
      fill: palette.series[stroke.token],
      at: [x, top - 5],
    };
    // On a low panel there is no line to spare; the table has the peak.
    const most = plot.height < 80 ? 1 : 12;
    const draw = (place: Rect): SceneShape[] => [
      text(place.x + 1, place.y + 10, said, palette.text, { halo: palette.pane }),
    ];
    return [{ places, always: [mark], most, keeps: [{ x: x - 5, y: top - 11, w: 10, h: 6 }], draw }];
  });
}

function nearest(line: Line, x: number): { x: number; y: number } | null {
  let best: { x: number; y: number } | null = null;
  for (const point of line) {
    if (point !== null && (best === null || Math.abs(point.x - x) < Math.abs(best.x - x))) best = point;
  }
  return best !== null && Math.abs(best.x - x) < 30 ? best : null;
}

/** Left edge and width of a range on the track, cut a little outside of it. */
function spanPx({ scale }: Panel, range: TimeRange, least = 0): [x: number, w: number] {
  const left = Math.max(-4, scale.x(range.from_us));
  const right = Math.min(scale.width + 4, Math.max(scale.x(range.to_us), scale.x(range.from_us) + least));
  return [left, right - left];
}

const n1 = (value: number): string => String(Math.round(value * 10) / 10);

export function rectData(x: number, y: number, w: number, h: number): string {
  return `M${n1(x)} ${n1(y)}h${n1(w)}v${n1(h)}h${n1(-w)}z`;
}

export function roundedData({ x, y, w, h }: Rect, r: number): string {
  const corner = `a${r} ${r} 0 0 1 `;
  return `M${n1(x + r)} ${n1(y)}h${n1(w - 2 * r)}${corner}${r} ${r}v${n1(h - 2 * r)}${corner}${-r} ${r}h${n1(2 * r - w)}${corner}${-r} ${-r}v${n1(2 * r - h)}${corner}${r} ${-r}z`;
}

/** Diagonal lines, 5 pixels apart, cut at the rectangle. */
export function hatchData({ x, y, w, h }: Rect): string {
  const step = 5;
  let d = "";
  // Lines keep their place when the rectangle moves over them.
  for (let at = Math.floor((x - h) / step) * step; at < x + w; at += step) {
    const from = Math.max(at, x);
    const to = Math.min(at + h, x + w);
    if (to > from) d += `M${n1(from)} ${n1(y + h - (from - at))}L${n1(to)} ${n1(y + h - (to - at))}`;
  }
  return d;
}

function text(x: number, y: number, words: string, colour: string, more: Partial<TextShape> = {}): TextShape {
  return { kind: "text", x, y, text: words, colour, size: 11, weight: 420, anchor: "start", ...more };
}
