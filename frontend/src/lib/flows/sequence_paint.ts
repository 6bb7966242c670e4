// Drawing one direction of the sequence/time picture.

import type { SequenceMark } from "../backend";
import { axisFont, box, horizontal, text, vertical } from "../canvas/paint";
import { readTokens } from "../canvas/tokens";
import { byteMark, roundMarks, timeMark } from "../format";
import { centre, strokes, type SequenceScale } from "./sequence";
import { verdictStyle } from "./verdicts";

const TOKENS = {
  grid: "--d-grid",
  line: "--line-strong",
  text3: "--text-3",
  well: "--bg-well",
  payload: "--d-requests",
  accent: "--accent",
  err: "--error",
  warn: "--warn",
  quiet: "--text-2",
  fontUi: "--font-ui",
} as const;

export type SequencePalette = Record<keyof typeof TOKENS, string>;

/** Reads the tokens in force; call it again when the theme changes. */
export function readPalette(element: Element): SequencePalette {
  return readTokens(element, TOKENS);
}

/** What is drawn. */
export interface SequenceScene {
  scale: SequenceScale;
  /** Of one direction. */
  marks: readonly SequenceMark[];
  palette: SequencePalette;
  /** The chosen packet, ringed. */
  chosen: number | null;
  /** The one under the pointer. */
  hovered: number | null;
  /** Whether the time axis has words. */
  timed: boolean;
}

export function paintSequence(ctx: CanvasRenderingContext2D, scene: SequenceScene): void {
  const { scale, marks, palette } = scene;
  const { plot } = scale;
  box(ctx, plot.left, plot.top, plot.width, plot.height, palette.well);
  paintAxes(ctx, scene);
  for (const { x, top, bottom } of strokes(marks, scale)) box(ctx, x - 1, top, 2, bottom - top, palette.payload);
  for (const mark of marks) if (mark.verdict !== null) paintVerdict(ctx, scene, mark, mark.verdict);
  for (const index of [scene.hovered, scene.chosen]) {
    const mark = index === null ? undefined : marks.find((other) => other.index === index);
    if (mark !== undefined) paintRing(ctx, scene, mark, index === scene.chosen);
  }
}

function paintAxes(ctx: CanvasRenderingContext2D, { scale, palette, timed }: SequenceScene): void {
  const { plot, extent } = scale;
  const font = axisFont(palette);
  const right = plot.left + plot.width;
  const bottom = plot.top + plot.height;
  const byteMarks = roundMarks(extent.toByte - extent.fromByte);
  byteMarks.forEach((byte, n) => {
    const y = scale.y(extent.fromByte + byte);
    horizontal(ctx, y, plot.left, right, palette.grid);
    const roomy = n === 0 || plot.height / byteMarks.length >= 12 || n === byteMarks.length - 1;
    if (roomy) text(ctx, byteMark(byte), plot.left - 6, y + 4, { fill: palette.text3, font, align: "right" });
  });
  for (const us of roundMarks(extent.toUs - extent.fromUs)) {
    const x = scale.x(extent.fromUs + us);
    vertical(ctx, x, plot.top, bottom, palette.grid);
    const align = x > right - 24 ? "right" : us === 0 ? "left" : "center";
    if (timed) text(ctx, timeMark(us), x, bottom + 13, { fill: palette.text3, font, align });
  }
  horizontal(ctx, bottom, plot.left, right, palette.line);
}

function paintVerdict(ctx: CanvasRenderingContext2D, scene: SequenceScene, mark: SequenceMark, word: string): void {
  const { x, y } = centre(mark, scene.scale);
  const style = verdictStyle(word);
  const colour = scene.palette[style.tone];
  ctx.save();
  ctx.translate(x - 5, y - 5);
  const path = pathOf(style.shape);
  // An edge in the ground's colour keeps shapes apart that lie on each other.
  ctx.lineJoin = "round";
  ctx.lineCap = "round";
  ctx.strokeStyle = scene.palette.well;
  ctx.lineWidth = style.lined ? 4 : 2.5;
  ctx.stroke(path);
  if (style.lined) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.7;
    ctx.stroke(path);
  } else {
    ctx.fillStyle = colour;
    ctx.fill(path);
  }
  ctx.restore();
}

/** Shapes are few, marks are many. */
const PATHS = new Map<string, Path2D>();

function pathOf(shape: string): Path2D {
  const path = PATHS.get(shape) ?? new Path2D(shape);
  PATHS.set(shape, path);
  return path;
}

function paintRing(ctx: CanvasRenderingContext2D, scene: SequenceScene, mark: SequenceMark, chosen: boolean): void {
  const { x, y } = centre(mark, scene.scale);
  ctx.strokeStyle = chosen ? scene.palette.accent : scene.palette.quiet;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(x, y, 8, 0, 2 * Math.PI);
  ctx.stroke();
}
