// A scene as a file: SVG text, or a PNG painted on a canvas.

import type { Scene, SceneShape, TextShape } from "./scene";

const FONT = "Inter Variable, Inter, system-ui, sans-serif";
const MONO = "JetBrains Mono Variable, JetBrains Mono, ui-monospace, monospace";

/** The scene as a standalone SVG document. */
export function toSvg(scene: Scene): string {
  const box = [scene.x, scene.y, scene.width, scene.height].map((value) => Math.round(value)).join(" ");
  const [, , width, height] = box.split(" ");
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${box}" font-family="${FONT}">`,
    `<rect x="${Math.round(scene.x)}" y="${Math.round(scene.y)}" width="100%" height="100%" fill="${scene.background}"/>`,
    ...scene.shapes.map(element),
    "</svg>",
  ];
  return parts.join("\n");
}

function element(shape: SceneShape): string {
  if (shape.kind === "text") {
    const { x, y, size, weight, colour, anchor } = shape;
    const clipped = shape.most === undefined ? shape.text : shorten(shape.text, shape.most, size * 0.57);
    const halo = shape.halo
      ? ` stroke="${shape.halo}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`
      : "";
    const family = shape.mono ? ` font-family="${MONO}"` : "";
    return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" fill="${colour}" text-anchor="${anchor}"${halo}${family}>${escape(clipped)}</text>`;
  }
  if (shape.d === "") return "";
  const attributes = [`d="${shape.d}"`, `fill="${shape.fill ?? "none"}"`];
  if (shape.stroke) attributes.push(`stroke="${shape.stroke}"`, `stroke-width="${(shape.width ?? 1).toFixed(2)}"`);
  if (shape.dash) attributes.push(`stroke-dasharray="${shape.dash.join(" ")}"`);
  if (shape.opacity !== undefined) attributes.push(`opacity="${shape.opacity}"`);
  if (shape.at) attributes.push(`transform="translate(${shape.at[0].toFixed(2)} ${shape.at[1].toFixed(2)})"`);
  return `<path ${attributes.join(" ")}/>`;
}

/** Cuts a text to a width, given the mean width of a letter. */
function shorten(text: string, most: number, letter: number): string {
  const letters = Math.floor(most / letter);
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char] ?? char);

/** Larger pictures are scaled down to this many pixels on a side: browsers refuse larger canvases. */
const MOST_PIXELS = 8000;

/** The scene as a PNG at `scale` pixels per unit, smaller for a very large graph. */
export async function toPng(scene: Scene, scale: number): Promise<Blob> {
  const fitted = Math.min(scale, MOST_PIXELS / scene.width, MOST_PIXELS / scene.height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(scene.width * fitted);
  canvas.height = Math.round(scene.height * fitted);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  context.scale(fitted, fitted);
  context.translate(-scene.x, -scene.y);
  context.fillStyle = scene.background;
  context.fillRect(scene.x, scene.y, scene.width, scene.height);
  for (const shape of scene.shapes) paint(context, shape);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be made."))), "image/png");
  });
}

/** Paints one shape, where the context's units are CSS pixels. */
export function paint(context: CanvasRenderingContext2D, shape: SceneShape): void {
  if (shape.kind === "text") return write(context, shape);
  context.save();
  if (shape.at) context.translate(...shape.at);
  context.globalAlpha = shape.opacity ?? 1;
  const path = new Path2D(shape.d);
  if (shape.fill) {
    context.fillStyle = shape.fill;
    context.fill(path);
  }
  if (shape.stroke) {
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.width ?? 1;
    context.setLineDash(shape.dash ?? []);
    context.stroke(path);
  }
  context.restore();
}

function write(context: CanvasRenderingContext2D, shape: TextShape): void {
  context.font = fontOf(shape);
  context.textAlign = shape.anchor === "middle" ? "center" : shape.anchor;
  context.textBaseline = "alphabetic";
  context.fillStyle = shape.colour;
  const letter = context.measureText(shape.text).width / Math.max(1, shape.text.length);
  const clipped = shape.most === undefined ? shape.text : shorten(shape.text, shape.most, letter);
  if (shape.halo) {
    context.strokeStyle = shape.halo;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.setLineDash([]);
    context.strokeText(clipped, shape.x, shape.y);
  }
  context.fillText(clipped, shape.x, shape.y);
}

/** The font of a text, as a canvas wants it. */
export function fontOf({ weight, size, mono = false }: Pick<TextShape, "weight" | "size" | "mono">): string {
  const families = (mono ? MONO : FONT).split(", ").map((family) => (family.includes(" ") ? `"${family}"` : family));
  return `${weight} ${size}px ${families.join(", ")}`;
}
