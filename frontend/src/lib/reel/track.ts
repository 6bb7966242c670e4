// Paints the track in two layers: what the playhead passes over, and the playhead with the times that make room for it.

import type { Bookmark, Density, Gap, TimeRange } from "../backend";
import { axisFont, box, hatch, rounded, text, vertical } from "../canvas/paint";
import { clock, count, duration } from "../format";
import { paintAlerts } from "./alerts";
import { FLAG_PX } from "./hit";
import { paintHistogram, paintMatches } from "./histogram";
import type { Lanes } from "./lanes";
import type { Mark } from "./marks";
import type { Palette } from "./palette";
import type { Scale } from "./scale";
import type { Tick } from "./ticks";

/** What both layers are drawn on. */
interface Layer {
  scale: Scale;
  lanes: Lanes;
  palette: Palette;
  ticks: readonly Tick[];
}

/** All that stays when the playhead moves. */
export interface TrackScene extends Layer {
  /** Null while nothing is recorded or the first answer is on its way. */
  density: Density | null;
  range: TimeRange | null;
  bookmarks: readonly Bookmark[];
  marks: readonly Mark[];
}

/** The playhead's layer. */
export interface PlayheadScene extends Layer {
  /** False while nothing is recorded: then there are no times. */
  dated: boolean;
  at: number | null;
}

export function paintTrack(ctx: CanvasRenderingContext2D, scene: TrackScene): void {
  const { density, scale, lanes, palette, range } = scene;
  paintFilm(ctx, scene);
  if (density === null) {
    box(ctx, 0, lanes.base, scale.width, 1, palette.line);
  } else {
    const histogram = { scale, lanes, palette, density, range };
    paintHistogram(ctx, histogram);
    if (lanes.matchesHeight > 0) paintMatches(ctx, histogram);
    for (const gap of density.gaps) paintGap(ctx, scene, gap);
  }
  if (range !== null) paintRange(ctx, scene, range);
  if (lanes.bookmarksHeight > 0) paintBookmarks(ctx, scene);
  paintAlerts(ctx, scene);
}

/** Times and playhead. */
export function paintPlayhead(ctx: CanvasRenderingContext2D, scene: PlayheadScene): void {
  const { scale, lanes, palette, at, dated, ticks } = scene;
  const font = axisFont(palette);
  for (const { us, label } of ticks) {
    if (label === null || !dated) continue;
    const x = scale.x(us);
    ctx.font = font;
    const half = ctx.measureText(label).width / 2;
    const hidden = at !== null && Math.abs(flagMiddle(scale, at) - x) < FLAG_PX + half + 3;
    if (!hidden && x > half && x < scale.width - half) {
      text(ctx, label, x, lanes.ruler - 5, { fill: palette.text3, font, align: "center" });
    }
  }
  if (at !== null) paintLine(ctx, scene, at);
}

/** The film's edges, and lines down from the labels. */
function paintFilm(ctx: CanvasRenderingContext2D, { scale, lanes, palette, ticks }: Layer): void {
  for (const { us, label } of ticks) {
    const x = scale.x(us);
    rounded(ctx, [x - 2, 2, 4, 2.5], 1, palette.line);
    rounded(ctx, [x - 2, lanes.height - 4, 4, 2.5], 1, palette.line);
    if (label !== null) vertical(ctx, x, lanes.ruler, lanes.bookmarks, palette.grid);
  }
}

function paintGap(ctx: CanvasRenderingContext2D, { scale, lanes, palette }: Layer, gap: Gap): void {
  const left = scale.x(gap.range.from_us);
  const right = Math.max(left + 2, scale.x(gap.range.to_us));
  if (right < 0 || left > scale.width) return;
  const [x, width] = [Math.max(-8, left), Math.min(scale.width + 8, right) - Math.max(-8, left)];
  const lost = gap.reason === "dropped";
  if (lost) {
    hatch(ctx, [x, lanes.gaps, width, lanes.gapsHeight], palette.gap);
    ctx.strokeStyle = palette.gap;
    ctx.lineWidth = 1;
    ctx.strokeRect(x + 0.5, lanes.gaps + 0.5, Math.max(1, width - 1), lanes.gapsHeight - 1);
  } else {
    hatch(ctx, [x, lanes.requests, width, lanes.base + lanes.errorsHeight - lanes.requests], palette.line);
    rounded(ctx, [x, lanes.gaps, width, lanes.gapsHeight], 1, palette.gap);
  }
  const words = gapWords(gap);
  const font = axisFont(palette);
  ctx.font = font;
  const room = scale.width - right - 5 > ctx.measureText(words).width;
  const style = { fill: palette.gapText, font, halo: palette.frame };
  if (room) text(ctx, words, right + 5, lanes.gaps + 8, style);
  else text(ctx, words, Math.min(left, scale.width) - 5, lanes.gaps + 8, { ...style, align: "right" });
}

/** What a gap is, and how long or how much. */
export function gapWords({ range, reason, lost_packets }: Gap): string {
  if (reason === "dropped" && lost_packets > 0) return `${count(lost_packets)} dropped`;
  const long = range.to_us > range.from_us ? `, ${duration(range.to_us - range.from_us)}` : "";
  return `${reason}${long}`;
}

function paintRange(ctx: CanvasRenderingContext2D, { scale, lanes, palette }: Layer, range: TimeRange): void {
  const [left, right] = [scale.x(range.from_us), scale.x(range.to_us)];
  const [x, width] = [Math.max(-4, left), Math.min(scale.width + 4, right) - Math.max(-4, left)];
  if (width <= 0) return;
  box(ctx, x, lanes.ruler, width, lanes.height - lanes.ruler, palette.accentSoft);
  box(ctx, x, lanes.ruler - 3, width, 3, palette.accent);
  const middle = lanes.requests + (lanes.base - lanes.requests) / 2;
  for (const edge of [left, right]) {
    vertical(ctx, edge, lanes.ruler - 3, lanes.height, palette.accent);
    rounded(ctx, [edge - 3.5, middle - 10, 7, 20], 2.5, palette.accent);
    vertical(ctx, edge - 1.5, middle - 4, middle + 4, palette.frame);
    vertical(ctx, edge + 1, middle - 4, middle + 4, palette.frame);
  }
}

function paintBookmarks(ctx: CanvasRenderingContext2D, { scale, lanes, palette, bookmarks }: TrackScene): void {
  const font = axisFont(palette);
  let free = -Infinity;
  for (const { at_us, note } of bookmarks) {
    const x = scale.x(at_us);
    if (x < -20 || x > scale.width + 20) continue;
    const y = lanes.bookmarks + 3;
    ctx.save();
    ctx.setLineDash([1, 3]);
    ctx.strokeStyle = palette.text3;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(Math.round(x) + 0.5, lanes.requests);
    ctx.lineTo(Math.round(x) + 0.5, y + 10);
    ctx.stroke();
    ctx.restore();
    ctx.fillStyle = palette.text2;
    ctx.fill(new Path2D(`M${x} ${y + 10}v-9h7l-1.7 2.6 1.7 2.6h-7z`));
    ctx.font = font;
    const width = ctx.measureText(note).width;
    if (note === "" || x + 11 < free || x + 11 + width > scale.width) continue;
    text(ctx, note, x + 11, y + 9, { fill: palette.text2, font });
    free = x + 11 + width + 8;
  }
}

function paintLine(ctx: CanvasRenderingContext2D, { scale, lanes, palette }: Layer, at: number): void {
  const x = Math.round(scale.x(at)) + 0.5;
  if (x < -1 || x > scale.width + 1) return;
  box(ctx, x - 0.75, lanes.ruler - 1, 1.5, lanes.height - lanes.ruler + 1, palette.text1);
  const middle = flagMiddle(scale, at);
  rounded(ctx, [middle - FLAG_PX, 1.5, FLAG_PX * 2, 15], 2.5, palette.text1);
  ctx.fillStyle = palette.text1;
  ctx.fill(new Path2D(`M${x - 4} 16.2h8L${x} ${lanes.ruler + 1.5}z`));
  const font = `600 10.5px ${palette.fontMono}`;
  // A narrow window is read to the millisecond, and then the letters are a little closer.
  const fine = scale.usPerPixel < 1000;
  const words = clock(at, fine ? "milli" : "tenth");
  ctx.font = font;
  const width = ctx.measureText(words).width;
  const squeezed = width > 2 * FLAG_PX - 6 ? `600 ${(10.5 * (2 * FLAG_PX - 6)) / width}px ${palette.fontMono}` : font;
  text(ctx, words, middle, 13, { fill: palette.frame, font: squeezed, align: "center" });
}

/** The flag stays whole at the ends of the track. */
function flagMiddle(scale: Scale, at: number): number {
  return Math.min(Math.max(Math.round(scale.x(at)) + 0.5, FLAG_PX + 1), scale.width - FLAG_PX - 1);
}
