// Paints the strip below the track: the whole recording and the window shown above. The playhead lies over it.

import type { Density, TimeRange } from "../backend";
import { axisFont, box, horizontal, text, vertical } from "../canvas/paint";
import type { Palette } from "./palette";
import type { Scale } from "./scale";
import { paintOverviewMark } from "./alerts";
import { drawingOrder, type Mark } from "./marks";
import type { Tick } from "./ticks";

export interface OverviewScene {
  /** Of the whole recording. */
  scale: Scale;
  palette: Palette;
  /** Height of the bars. */
  barsHeight: number;
  height: number;
  density: Density | null;
  /** The window shown in the track. */
  view: TimeRange;
  range: TimeRange | null;
  marks: readonly Mark[];
  ticks: readonly Tick[];
}

export function paintOverview(ctx: CanvasRenderingContext2D, scene: OverviewScene): void {
  const { scale, palette, barsHeight, density, view, range } = scene;
  const base = barsHeight + 1;
  if (density !== null) paintBars(ctx, scene, density);
  horizontal(ctx, base, 0, scale.width, palette.line);
  if (density === null) return;
  const font = axisFont(palette, 9.5);
  for (const { us, label } of scene.ticks) {
    if (label === null) continue;
    const x = scale.x(us);
    vertical(ctx, x, base, base + 3, palette.line);
    if (x > 14 && x < scale.width - 14) {
      text(ctx, label, x, scene.height - 3, { fill: palette.text3, font, align: "center" });
    }
  }
  const [left, right] = [Math.max(0, scale.x(view.from_us)), Math.min(scale.width, scale.x(view.to_us))];
  box(ctx, left, 0, right - left, base, palette.active);
  ctx.strokeStyle = palette.text2;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.roundRect(left + 0.75, 0.75, Math.max(3, right - left - 1.5), barsHeight - 0.5, 2);
  ctx.stroke();
  if (range !== null) {
    ctx.globalAlpha = 0.4;
    const x = scale.x(range.from_us);
    box(ctx, x, 0, Math.max(1, scale.x(range.to_us) - x), base, palette.accent);
    ctx.globalAlpha = 1;
  }
  for (const mark of drawingOrder(scene.marks)) paintOverviewMark(ctx, scale.x(mark.range.from_us), mark, palette);
}

function paintBars(ctx: CanvasRenderingContext2D, scene: OverviewScene, density: Density): void {
  const { scale, palette, barsHeight, view } = scene;
  const base = barsHeight + 1;
  const most = density.requests.reduce((a, b) => Math.max(a, b), 1);
  const width = Math.max(0.8, density.bucket_us / scale.usPerPixel - 0.8);
  for (const [n, requests] of density.requests.entries()) {
    if (requests === 0) continue;
    const from = density.range.from_us + n * density.bucket_us;
    const shown = from + density.bucket_us > view.from_us && from < view.to_us;
    const x = scale.x(from);
    const height = Math.max(0.8, (requests / most) * (barsHeight - 1));
    const errors = density.errors[n] ?? 0;
    // Errors are drawn to scale here, but never thinner than can be seen.
    const failed = errors === 0 ? 0 : Math.min(height, Math.max(1, (errors / most) * (barsHeight - 1)));
    box(ctx, x, base - height, width, height - failed, shown ? palette.requests : palette.requestsDim);
    if (failed > 0) box(ctx, x, base - failed, width, failed, palette.errors);
  }
  for (const gap of density.gaps) {
    const x = scale.x(gap.range.from_us);
    box(ctx, x, base + 0.5, Math.max(2, scale.x(gap.range.to_us) - x), 2.5, palette.gap);
  }
}
