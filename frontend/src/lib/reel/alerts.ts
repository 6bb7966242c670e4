// Paints the alerts lane: a pin where something began, a line for as long as it lasted, a tick where it was over.

import { axisFont, box, rounded, text } from "../canvas/paint";
import type { Lanes } from "./lanes";
import { drawingOrder, markWords, PIN_PX, type Mark } from "./marks";
import type { Palette } from "./palette";
import type { Scale } from "./scale";

export interface AlertsScene {
  scale: Scale;
  lanes: Lanes;
  palette: Palette;
  marks: readonly Mark[];
}

/** Distance between a mark's last sign and its words. */
const WORDS_PX = 5;
/** A shorter span has no room for the tick beside the pin. */
const LEAST_SPAN_PX = 2 * PIN_PX + 2;

export function paintAlerts(ctx: CanvasRenderingContext2D, scene: AlertsScene): void {
  const { scale, lanes, palette, marks } = scene;
  const y = lanes.alerts + lanes.alertsHeight / 2;
  const shown = marks.filter(
    ({ range }) => scale.x(range.to_us) >= -PIN_PX && scale.x(range.from_us) <= scale.width + PIN_PX,
  );
  for (const mark of drawingOrder(shown)) {
    const [left, right] = [scale.x(mark.range.from_us), scale.x(mark.range.to_us)];
    const colour = mark.kind === "slow" || mark.kind === "own" ? palette.warn : palette.error;
    const from = Math.max(-PIN_PX, left);
    box(ctx, from, y - 0.75, Math.min(scale.width + PIN_PX, right) - from, 1.5, colour);
    if (mark.ended && right - left >= LEAST_SPAN_PX) paintRecovery(ctx, right, y, palette);
    PINS[mark.kind](ctx, left, y, palette);
  }
  paintWords(ctx, scene, shown, y);
}

/** Each mark's words behind it, else before it, where there is room beside the marks and what is written already; the worst first. */
function paintWords(
  ctx: CanvasRenderingContext2D,
  { scale, palette }: AlertsScene,
  shown: readonly Mark[],
  y: number,
): void {
  const font = axisFont(palette);
  ctx.font = font;
  const taken = shown.map(({ range }) => [scale.x(range.from_us) - PIN_PX, scale.x(range.to_us) + PIN_PX] as const);
  for (const mark of drawingOrder(shown).reverse()) {
    const words = markWords(mark);
    const width = ctx.measureText(words).width;
    const after = scale.x(mark.range.to_us) + PIN_PX + WORDS_PX;
    const before = scale.x(mark.range.from_us) - PIN_PX - WORDS_PX - width;
    const x = [after, before].find(
      (left) =>
        left > 0 && left + width < scale.width && taken.every(([from, to]) => to < left - 2 || from > left + width + 2),
    );
    if (x === undefined) continue;
    taken.push([x, x + width]);
    text(ctx, words, x, y + 3.5, { fill: palette.text2, font, halo: palette.frame });
  }
}

type Pin = (ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette) => void;

/** The shape tells the kind; colour repeats it. */
const PINS: Record<Mark["kind"], Pin> = {
  /** A square with a bolt: it stopped answering. */
  crash: (ctx, x, y, palette) => {
    rounded(ctx, [x - PIN_PX + 0.5, y - PIN_PX + 0.5, 11, 11], 2.5, palette.error);
    ctx.fillStyle = palette.onError;
    ctx.fill(new Path2D(`M${x + 0.9} ${y - 4.3}l-3.6 4.9h2.3l-1 3.7 3.9-5.2h-2.4z`));
  },
  /** A bell: somebody was told. */
  alert: (ctx, x, y, palette) => {
    ctx.fillStyle = palette.error;
    ctx.beginPath();
    ctx.arc(x, y, PIN_PX - 0.2, 0, 2 * Math.PI);
    ctx.fill();
    ctx.fillStyle = palette.onError;
    ctx.fill(
      new Path2D(`M${x - 2.4} ${y + 1.6}v-2a2.4 2.4 0 0 1 4.8 0v2l.8 .9h-6.4zM${x - 0.9} ${y + 3}h1.8v.8h-1.8z`),
    );
  },
  /** A triangle: it answers, but wrongly. */
  failing: (ctx, x, y, palette) => {
    triangle(ctx, x, y, palette.error);
    exclamation(ctx, x, y, palette.onError);
  },
  /** A clock: it takes long. */
  slow: (ctx, x, y, palette) => {
    ctx.fillStyle = palette.warn;
    ctx.beginPath();
    ctx.arc(x, y, PIN_PX - 0.6, 0, 2 * Math.PI);
    ctx.fill();
    ctx.strokeStyle = palette.frame;
    ctx.lineWidth = 1.3;
    ctx.stroke(new Path2D(`M${x} ${y - 3}v3.2l2.2 1.4`));
  },
  /** A square with a pulse: Wirereel itself. */
  own: (ctx, x, y, palette) => {
    rounded(ctx, [x - PIN_PX + 0.5, y - PIN_PX + 0.5, 11, 11], 2.5, palette.warn);
    ctx.strokeStyle = palette.frame;
    ctx.lineWidth = 1.3;
    ctx.stroke(new Path2D(`M${x - 3.8} ${y}h1.6l1.2-2.6 2 5 1.2-2.4h1.6`));
  },
};

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, fill: string): void {
  ctx.fillStyle = fill;
  ctx.fill(new Path2D(`M${x} ${y - 6}l6.4 11.2h-12.8z`));
}

function exclamation(ctx: CanvasRenderingContext2D, x: number, y: number, fill: string): void {
  box(ctx, x - 0.7, y - 2.2, 1.4, 3.6, fill);
  box(ctx, x - 0.7, y + 2.2, 1.4, 1.4, fill);
}

function paintRecovery(ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  ctx.fillStyle = palette.frame;
  ctx.strokeStyle = palette.ok;
  ctx.lineWidth = 1.4;
  ctx.beginPath();
  ctx.arc(x, y, 5, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  ctx.stroke(new Path2D(`M${x - 2.3} ${y + 0.2}l1.7 1.8 3-3.6`));
}

/** The small triangle of a mark in the overview. */
export function paintOverviewMark(ctx: CanvasRenderingContext2D, x: number, mark: Mark, palette: Palette): void {
  const triangle = new Path2D(`M${x} 1l3.6 5.8h-7.2z`);
  ctx.strokeStyle = palette.frame;
  ctx.lineWidth = 2;
  ctx.stroke(triangle);
  ctx.fillStyle = mark.kind === "slow" || mark.kind === "own" ? palette.warn : palette.error;
  ctx.fill(triangle);
}
