// Painting on a canvas: the few shapes that the reel and the pictures in panes share.

/** Sizes a canvas for the screen's pixels and gives its context, scaled so that one unit is one CSS pixel. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const ctx = canvas.getContext("2d");
  if (ctx === null) return null;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

export function box(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, fill: string): void {
  ctx.fillStyle = fill;
  ctx.fillRect(x, y, w, h);
}

export function rounded(
  ctx: CanvasRenderingContext2D,
  [x, y, w, h]: readonly [x: number, y: number, w: number, h: number],
  radius: number,
  fill: string,
): void {
  ctx.fillStyle = fill;
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, radius);
  ctx.fill();
}

/** A line that covers whole pixels. */
export function vertical(
  ctx: CanvasRenderingContext2D,
  x: number,
  top: number,
  bottom: number,
  fill: string,
  width = 1,
): void {
  box(ctx, Math.round(x - (width - 1) / 2), top, width, bottom - top, fill);
}

export function horizontal(ctx: CanvasRenderingContext2D, y: number, left: number, right: number, fill: string): void {
  box(ctx, left, Math.round(y), right - left, 1, fill);
}

export interface TextStyle {
  fill: string;
  font: string;
  align?: CanvasTextAlign;
  /** Drawn around the letters so that they can be read over marks. */
  halo?: string;
}

export function text(ctx: CanvasRenderingContext2D, words: string, x: number, y: number, style: TextStyle): void {
  ctx.font = style.font;
  ctx.textAlign = style.align ?? "left";
  ctx.textBaseline = "alphabetic";
  if (style.halo !== undefined) {
    ctx.strokeStyle = style.halo;
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeText(words, x, y);
  }
  ctx.fillStyle = style.fill;
  ctx.fillText(words, x, y);
}

export function axisFont(palette: { fontUi: string }, size = 10.5): string {
  return `420 ${size}px ${palette.fontUi}`;
}

/** Diagonal stripes within a box. */
export function hatch(
  ctx: CanvasRenderingContext2D,
  [x, y, w, h]: readonly [x: number, y: number, w: number, h: number],
  stroke: string,
): void {
  const step = 5;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1.4;
  ctx.beginPath();
  // Lines keep their place on the track when the box moves under them.
  for (let at = Math.floor((x - h) / step) * step; at < x + w; at += step) {
    ctx.moveTo(at, y + h);
    ctx.lineTo(at + h, y);
  }
  ctx.stroke();
  ctx.restore();
}
