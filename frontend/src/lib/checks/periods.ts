// How days, weeks and months are called. They are those of UTC, whatever zone times are written in: so they were summed up.

export type PeriodKind = "days" | "weeks" | "months";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Sat 21 Nov 2026`, `16 Nov 2026`, `Nov 2026`. */
export function periodName(beginUs: number, kind: PeriodKind): string {
  const date = new Date(beginUs / 1000);
  const month = `${MONTHS[date.getUTCMonth()] ?? ""} ${date.getUTCFullYear()}`;
  if (kind === "months") return month;
  const day = `${date.getUTCDate()} ${month}`;
  return kind === "days" ? `${DAYS[date.getUTCDay()] ?? ""} ${day}` : day;
}
