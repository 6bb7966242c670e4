// For how long a subject may be silenced.

const HOUR_US = 3600e6;

/** The next midnight of a clock that is `offsetUs` ahead of UTC. */
export function tomorrow(nowUs: number, offsetUs: number): number {
  const dayUs = 24 * HOUR_US;
  return (Math.floor((nowUs + offsetUs) / dayUs) + 1) * dayUs - offsetUs;
}

export function inHours(nowUs: number, hours: number): number {
  return nowUs + hours * HOUR_US;
}

/** `90 min`, `2h`, `3 d` from now; null for anything else, and for more than a year. */
export function customEnd(text: string, nowUs: number): number | null {
  const parts = /^(\d{1,5})\s*(m|min|h|d|days?)$/i.exec(text.trim());
  if (parts === null) return null;
  const unit = (parts[2] ?? "").toLowerCase().charAt(0);
  const us = Number(parts[1]) * ({ m: 60e6, h: HOUR_US, d: 24 * HOUR_US }[unit] ?? 0);
  return us > 0 && us <= 366 * 24 * HOUR_US ? nowUs + us : null;
}
