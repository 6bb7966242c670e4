// Which rows of a very long list are in view.
//
// Browsers limit the height of an element (WebKit and Chromium near 33 million pixels, Firefox near 17), so a list of
// millions of rows gets a track of limited height. There a drag of the scroll bar maps the whole track to the whole list,
// while wheel and touch still move by real pixels. The position is a row index with fraction and is the truth; the scroll
// offset follows it.

/** Tallest track. Half a million rows of 24 px are scrolled natively, more are scaled. */
export const MAX_TRACK_PX = 12_000_000;

export interface ListSize {
  rows: number;
  rowPx: number;
  /** Height in which rows are seen. */
  viewPx: number;
}

/** Height of the scrolled track. */
export function trackPx({ rows, rowPx }: ListSize): number {
  return Math.min(rows * rowPx, MAX_TRACK_PX);
}

/** True when the track is shorter than the rows together. */
export function scaled({ rows, rowPx }: ListSize): boolean {
  return rows * rowPx > MAX_TRACK_PX;
}

/** The position at which the last row touches the lower edge. */
export function lastPosition({ rows, rowPx, viewPx }: ListSize): number {
  return Math.max(0, rows - viewPx / rowPx);
}

/** Keeps a position inside the list. */
export function clampPosition(size: ListSize, position: number): number {
  return Math.min(Math.max(0, position), lastPosition(size));
}

/** Scroll offset that stands for a position. */
export function offsetOf(size: ListSize, position: number): number {
  const last = lastPosition(size);
  if (!scaled(size) || last === 0) return clampPosition(size, position) * size.rowPx;
  return (clampPosition(size, position) / last) * (trackPx(size) - size.viewPx);
}

/** Position that a scroll offset stands for. */
export function positionAt(size: ListSize, offset: number): number {
  if (!scaled(size)) return clampPosition(size, offset / size.rowPx);
  const room = trackPx(size) - size.viewPx;
  return room > 0 ? clampPosition(size, (offset / room) * lastPosition(size)) : 0;
}

/**
 * The position after a scroll event. On a scaled track, a movement of less than two views is one of wheel, touch or keys
 * and counts in pixels; a longer one is a jump of the scroll bar and counts as share of the track.
 */
export function scrolled(size: ListSize, position: number, fromOffset: number, toOffset: number): number {
  const moved = toOffset - fromOffset;
  if (!scaled(size) || Math.abs(moved) > 2 * size.viewPx) return positionAt(size, toOffset);
  return clampPosition(size, position + moved / size.rowPx);
}

/** A half-open span of row indexes. */
export interface RowSpan {
  first: number;
  end: number;
}

/** Rows at least partly in view. */
export function rowsInView(size: ListSize, position: number): RowSpan {
  const first = Math.floor(clampPosition(size, position));
  const end = Math.ceil(clampPosition(size, position) + size.viewPx / size.rowPx);
  return { first: Math.min(first, size.rows), end: Math.min(end, size.rows) };
}

/** The position nearest to the present one at which a row is wholly in view. */
export function revealed(size: ListSize, position: number, row: number): number {
  const whole = Math.max(1, size.viewPx / size.rowPx);
  if (row < position) return clampPosition(size, row);
  if (row + 1 > position + whole) return clampPosition(size, row + 1 - whole);
  return clampPosition(size, position);
}
