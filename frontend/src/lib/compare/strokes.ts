// How up to eight lines are told apart: four colours, each solid and dashed, and a shape of its own for every line.

export interface Stroke {
  /** `A` to `H`. */
  letter: string;
  /** Name of the token. */
  token: `series-${"a" | "b" | "c" | "d"}`;
  dash: number[];
  /** Path around 0, 0, about 8 pixels wide. */
  shape: string;
}

const SOLID: number[] = [];
const DASHED = [5, 3];

export const STROKES: readonly Stroke[] = [
  { letter: "A", token: "series-a", dash: SOLID, shape: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z" },
  { letter: "B", token: "series-b", dash: SOLID, shape: "M-3.6 -3.6h7.2v7.2h-7.2z" },
  { letter: "C", token: "series-c", dash: SOLID, shape: "M0 -4.4l4.4 8h-8.8z" },
  { letter: "D", token: "series-d", dash: SOLID, shape: "M0 -5l5 5l-5 5l-5 -5z" },
  { letter: "E", token: "series-a", dash: DASHED, shape: "M0 4.4l4.4 -8h-8.8z" },
  { letter: "F", token: "series-b", dash: DASHED, shape: "M-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z" },
  { letter: "G", token: "series-c", dash: DASHED, shape: "M-4.6 -2h9.2v4h-9.2z" },
  { letter: "H", token: "series-d", dash: DASHED, shape: "M-2 -4.6h4v9.2h-4z" },
];
