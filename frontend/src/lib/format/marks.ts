// Marks of an axis that begins at zero.

import { bytesQuantity, joined, latencyQuantity, type Quantity } from "./quantity";

/** Round marks from zero to at most `top`, about five. */
export function roundMarks(top: number): number[] {
  if (top <= 0) return [0];
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = ([1, 2, 5, 10].find((factor) => top / (factor * power) <= 6) ?? 10) * power;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** A mark of time, from microseconds: `0`, `200 µs`, `1.5 s`. */
export function timeMark(us: number): string {
  return us === 0 ? "0" : short(latencyQuantity(us));
}

/** A mark of bytes: `0`, `500 B`, `1.5 MB`. */
export function byteMark(bytes: number): string {
  return bytes === 0 ? "0" : short(bytesQuantity(bytes));
}

function short({ figure, unit }: Quantity): string {
  return joined({ figure: figure.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""), unit });
}
