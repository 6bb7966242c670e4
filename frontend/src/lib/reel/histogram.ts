// The histogram: requests rise from the baseline, errors hang below it at ten times the scale.

import type { Density, TimeRange } from "../backend";
import { rateFigure } from "../format";
import type { Lanes } from "./lanes";
import { axisFont, box, horizontal, text } from "../canvas/paint";
import type { Palette } from "./palette";
import type { Scale } from "./scale";
import { roundTop } from "./ticks";

/** Errors are drawn at so many times the requests' scale; the lane says so. */
export const ERROR_FACTOR = 10;

/** Bars of an answer that lie in view, as indices. */
export function shownBuckets(density: Density, view: TimeRange): readonly [first: number, end: number] {
  const first = Math.floor((view.from_us - density.range.from_us) / density.bucket_us);
  const end = Math.ceil((view.to_us - density.range.from_us) / density.bucket_us);
  return [Math.max(0, first), Math.min(density.requests.length, end)];
}

/** Requests per second at the top of the lane. */
export function topRate(density: Density, view: TimeRange): number {
  const [first, end] = shownBuckets(density, view);
  let most = 0;
  for (let n = first; n < end; n += 1) most = Math.max(most, density.requests[n] ?? 0);
  return roundTop((most * 1e6) / density.bucket_us);
}

export interface HistogramScene {
  scale: Scale;
  lanes: Lanes;
  palette: Palette;
  density: Density;
  /** Bars outside are dim. */
  range: TimeRange | null;
}

export function paintHistogram(ctx: CanvasRenderingContext2D, scene: HistogramScene): void {
  const { scale, lanes, palette, density, range } = scene;
  const rise = lanes.base - lanes.requests;
  const top = topRate(density, scale.view);
  const perBucket = rise / ((top * density.bucket_us) / 1e6);
  horizontal(ctx, lanes.requests, 0, scale.width, palette.grid);
  horizontal(ctx, lanes.base - rise / 2, 0, scale.width, palette.grid);

  const barWidth = density.bucket_us / scale.usPerPixel;
  const [first, end] = shownBuckets(density, scale.view);
  for (let n = first; n < end; n += 1) {
    const from = density.range.from_us + n * density.bucket_us;
    const lit = range === null || (from + density.bucket_us > range.from_us && from < range.to_us);
    const x = scale.x(from) + 0.5;
    const width = Math.max(0.8, barWidth - 1);
    const requests = density.requests[n] ?? 0;
    const errors = density.errors[n] ?? 0;
    if (requests > 0) {
      const height = Math.max(0.8, requests * perBucket);
      box(ctx, x, lanes.base - height, width, height, lit ? palette.requests : palette.requestsDim);
    }
    if (errors > 0) {
      const height = Math.min(lanes.errorsHeight, Math.max(1, errors * perBucket * ERROR_FACTOR));
      ctx.globalAlpha = lit ? 1 : 0.6;
      box(ctx, x, lanes.base + 1, width, height, palette.errors);
      ctx.globalAlpha = 1;
    }
  }
  horizontal(ctx, lanes.base, 0, scale.width, palette.line);
  const label = { fill: palette.text3, font: axisFont(palette), halo: palette.frame };
  text(ctx, rateFigure(top).replace(/\.0$/, ""), 4, lanes.requests + 9, label);
}

/** Matches of the filter, stronger where there are more. */
export function paintMatches(ctx: CanvasRenderingContext2D, { scale, lanes, palette, density }: HistogramScene): void {
  const [first, end] = shownBuckets(density, scale.view);
  let most = 1;
  for (let n = first; n < end; n += 1) most = Math.max(most, density.matches[n] ?? 0);
  const width = Math.max(0.8, density.bucket_us / scale.usPerPixel - 1);
  for (let n = first; n < end; n += 1) {
    const matches = density.matches[n] ?? 0;
    if (matches === 0) continue;
    ctx.globalAlpha = 0.25 + (0.75 * matches) / most;
    const x = scale.x(density.range.from_us + n * density.bucket_us) + 0.5;
    box(ctx, x, lanes.matches, width, lanes.matchesHeight, palette.accent);
  }
  ctx.globalAlpha = 1;
}
