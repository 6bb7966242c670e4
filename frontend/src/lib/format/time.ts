// Times and durations. Instants are microseconds since 1970, written as the face in force says; the zone is named once, in
// the transport.

import { face } from "./face.svelte";
import { offsetMark } from "./zone";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** How finely an instant is written. */
export type Precision = "minute" | "second" | "tenth" | "milli" | "micro";

const FRACTION_DIGITS: Record<Precision, number> = { minute: 0, second: 0, tenth: 1, milli: 3, micro: 6 };

/** An instant of the recording: the time of day, or its distance from what times are counted from. */
export function clock(us: number, precision: Precision = "milli"): string {
  return face.originUs === null ? wallClock(us, precision) : relative(us - face.originUs, precision);
}

/**
 * `10:42`, `10:42:05`, `10:42:05.2`, `10:42:05.187`. Cut off, not rounded, so that it never names a later instant. In the hour
 * that is passed twice when clocks are put back, the offset follows: `02:30:00.000+2`.
 */
export function wallClock(us: number, precision: Precision = "milli"): string {
  const offset = face.zone.offsetUs(us);
  const mark = face.zone.repeats(us) ? offsetMark(offset) : "";
  const seconds = Math.floor(us / 1e6);
  const date = new Date(seconds * 1000 + offset / 1000);
  const hm = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (precision === "minute") return hm + mark;
  const hms = `${hm}:${two(date.getUTCSeconds())}`;
  const digits = FRACTION_DIGITS[precision];
  if (digits === 0) return hms + mark;
  const micros = String(Math.floor(us - seconds * 1e6)).padStart(6, "0");
  return `${hms}.${micros.slice(0, digits)}${mark}`;
}

/**
 * A distance in time with its sign: `+3 min 20 s`, `−12.4 s`; to the millisecond and finer as on a stopwatch, so that rows can be
 * compared: `+3:20.187`. Cut off towards earlier, as `wallClock` is.
 */
export function relative(us: number, precision: Precision = "milli"): string {
  const digits = FRACTION_DIGITS[precision];
  const unit = 10 ** (6 - digits);
  const shown = Math.floor(us / unit) * unit;
  const sign = shown < 0 ? "−" : "+";
  const length = Math.abs(shown);
  const seconds = length / 1e6;
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [fine, padded] = [s.toFixed(digits), s.toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, "0")];
  if (digits > 1) {
    if (h > 0) return `${sign}${h}:${two(min)}:${padded}`;
    return min > 0 ? `${sign}${min}:${padded}` : `${sign}${fine} s`;
  }
  const parts = [h > 0 ? `${h} h` : "", min > 0 ? `${min} min` : ""];
  if (precision !== "minute" && (s > 0 || length < 60e6)) parts.push(`${fine} s`);
  else if (length < 60e6) parts.push("0 min");
  return sign + parts.filter((part) => part !== "").join(" ");
}

/** `21 Nov`. */
export function day(us: number): string {
  const date = localDate(us);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

/** The year of an instant. */
export function yearOf(us: number): number {
  return localDate(us).getUTCFullYear();
}

/** `21 Nov, 17:52`, with the year unless it is the year of `nowUs`. */
export function dayAndClock(us: number, nowUs: number): string {
  const sameYear = yearOf(us) === yearOf(nowUs);
  return `${day(us)}${sameYear ? "" : ` ${yearOf(us)}`}, ${wallClock(us, "minute")}`;
}

/** A span in its two largest units: `1 h 23 min`, `2 min 30 s`, `10 min`, `4.2 s`, `350 ms`, `2 days 4 h`. */
export function duration(us: number): string {
  if (us < 1e3) return `${Math.round(us)} µs`;
  if (us < 10e3) return `${(us / 1e3).toFixed(1).replace(/\.0$/, "")} ms`;
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
  const length = toUs - fromUs;
  const precision: Precision = length < 10e3 ? "micro" : length < 10e6 ? "milli" : "second";
  const [from, to] = [clock(fromUs, precision), clock(toUs, precision)];
  if (face.originUs !== null || day(fromUs) === day(toUs)) return `${from} to ${to}`;
  return `${day(fromUs)} ${from} to ${day(toUs)} ${to}`;
}

function localDate(us: number): Date {
  return new Date(us / 1000 + face.zone.offsetUs(us) / 1000);
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds - whole * large) / small);
  return `${whole} ${largeUnit}${rest === 0 ? "" : ` ${rest} ${smallUnit}`}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
