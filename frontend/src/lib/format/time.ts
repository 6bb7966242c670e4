// Times and durations. Instants are microseconds since 1970 and written in UTC; the zone is named once, in the transport.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** How finely an instant is written. */
export type Precision = "minute" | "second" | "tenth" | "milli" | "micro";

const FRACTION_DIGITS: Record<Precision, number> = { minute: 0, second: 0, tenth: 1, milli: 3, micro: 6 };

/** `10:42`, `10:42:05`, `10:42:05.2`, `10:42:05.187`. Cut off, not rounded, so that it never names a later instant. */
export function clock(us: number, precision: Precision = "milli"): string {
  const seconds = Math.floor(us / 1e6);
  const date = new Date(seconds * 1000);
  const hm = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (precision === "minute") return hm;
  const hms = `${hm}:${two(date.getUTCSeconds())}`;
  const digits = FRACTION_DIGITS[precision];
  if (digits === 0) return hms;
  const micros = String(Math.floor(us - seconds * 1e6)).padStart(6, "0");
  return `${hms}.${micros.slice(0, digits)}`;
}

/** `21 Nov`. */
export function day(us: number): string {
  const date = new Date(us / 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

/** `21 Nov, 17:52`, with the year unless it is the year of `nowUs`. */
export function dayAndClock(us: number, nowUs: number): string {
  const year = new Date(us / 1000).getUTCFullYear();
  const sameYear = year === new Date(nowUs / 1000).getUTCFullYear();
  return `${day(us)}${sameYear ? "" : ` ${year}`}, ${clock(us, "minute")}`;
}

/** A span in its two largest units: `1 h 23 min`, `2 min 30 s`, `10 min`, `4.2 s`, `350 ms`, `2 days 4 h`. */
export function duration(us: number): string {
  if (us < 1e3) return `${Math.round(us)} µs`;
  if (us < 999.5e3) return `${Math.round(us / 1e3)} ms`;
  if (us < 59.95e6) return `${(us / 1e6).toFixed(1).replace(/\.0$/, "")} s`;
  const seconds = Math.round(us / 1e6);
  if (seconds < 3600) return pair(seconds, 60, "min", 1, "s");
  if (seconds < 86_400) return pair(Math.round(seconds / 60) * 60, 3600, "h", 60, "min");
  const hours = Math.round(seconds / 3600) * 3600;
  return pair(hours, 86_400, hours < 172_800 ? "day" : "days", 3600, "h");
}

/** `10:36:00 to 10:46:00`, as fine as the span needs, with days when it crosses midnight. */
export function span(fromUs: number, toUs: number): string {
  const precision: Precision = toUs - fromUs < 10e6 ? "milli" : "second";
  if (day(fromUs) === day(toUs)) return `${clock(fromUs, precision)} to ${clock(toUs, precision)}`;
  return `${day(fromUs)} ${clock(fromUs, precision)} to ${day(toUs)} ${clock(toUs, precision)}`;
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds - whole * large) / small);
  return `${whole} ${largeUnit}${rest === 0 ? "" : ` ${rest} ${smallUnit}`}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
