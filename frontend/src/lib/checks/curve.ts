// Availability over time as a line of steps, with the threshold and the time an alert was open.

import type { AlertRow, AvailabilityPoint, TimeRange } from "../backend";
import type { Scale } from "../reel/scale";

export interface CurveSize {
  /** Upper edge: 100%. */
  top: number;
  /** Lower edge: 0%. */
  bottom: number;
}

export function heightOf(availability: number, { top, bottom }: CurveSize): number {
  return bottom - availability * (bottom - top);
}

/** The line; it breaks where nothing counts. */
export function curvePath(curve: readonly AvailabilityPoint[], scale: Scale, size: CurveSize): string {
  let d = "";
  let open = false;
  for (const { at_us, availability } of curve) {
    if (availability === null) {
      open = false;
      continue;
    }
    const [x, y] = [scale.x(at_us).toFixed(1), heightOf(availability, size).toFixed(1)];
    d += open ? `H${x}V${y}` : `M${x} ${y}`;
    open = true;
  }
  return d;
}

/** Availability at an instant: that of the last point until then. */
export function availabilityAt(curve: readonly AvailabilityPoint[], atUs: number): number | null {
  return curve.findLast(({ at_us }) => at_us <= atUs)?.availability ?? null;
}

/** The time an alert was open, as far as it lies within a range; an open one reaches to its end. */
export function openSpan({ opened_us, resolved_us }: AlertRow, within: TimeRange): TimeRange | null {
  const from_us = Math.max(opened_us, within.from_us);
  const to_us = Math.min(resolved_us ?? within.to_us, within.to_us);
  return from_us < to_us ? { from_us, to_us } : null;
}

/** The curve for those who do not see it. */
export function lowest(curve: readonly AvailabilityPoint[]): AvailabilityPoint | null {
  return curve.reduce<AvailabilityPoint | null>(
    (least, point) =>
      point.availability !== null && (least?.availability == null || point.availability < least.availability)
        ? point
        : least,
    null,
  );
}
