// Words along a line: each as near as can be to what it names, none over another.

export interface Label {
  /** Where it wants its middle, pixels. */
  at: number;
  width: number;
}

/** Distance between two. */
const APART_PX = 10;

/** Left edges, in order, within a width. Where they need more room than there is, the last ones stand out of it. */
export function spread(labels: readonly Label[], width: number): number[] {
  const lefts: number[] = [];
  let free = 0;
  for (const label of labels) {
    const left = Math.max(free, label.at - label.width / 2);
    lefts.push(left);
    free = left + label.width + APART_PX;
  }
  // Those that stand out on the right push back those before them.
  let end = width;
  for (let n = labels.length - 1; n >= 0; n -= 1) {
    const own = labels[n]?.width ?? 0;
    const left = Math.max(0, Math.min(lefts[n] ?? 0, end - own));
    lefts[n] = left;
    end = left - APART_PX;
  }
  return lefts;
}

/** Width of letters, about: `bold` is that of marks. */
export function widthOf(text: string, letterPx: number): number {
  return text.length * letterPx;
}

/** A text cut so that it fits. */
export function fitting(text: string, letterPx: number, room: number): string {
  if (widthOf(text, letterPx) <= room) return text;
  const letters = Math.floor(room / letterPx) - 1;
  return letters < 2 ? "" : `${text.slice(0, letters)}…`;
}

/** Round marks from zero, at most one per `leastPx`; the end has its own. */
export function axisMarks(whole: number, width: number, leastPx = 70): number[] {
  if (whole <= 0 || width <= 0) return [0];
  const least = (whole / width) * leastPx;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= least * 0.9999) ?? 10) * power;
  const marks: number[] = [];
  for (let n = 0; n * step < whole - least * 0.7 || n === 0; n += 1) marks.push(n * step);
  return marks;
}
