// A time zone: how far its clocks are from UTC at any instant, also over days on which they are changed.

const US_PER_MINUTE = 60e6;
/** Zones change their clocks on quarters of an hour: an offset holds for the whole quarter. */
const QUARTER_US = 15 * US_PER_MINUTE;
const DAY_US = 86_400e6;
const KEPT_QUARTERS = 4000;
/** No clock is put back or forward by more than this at once. */
const REACH_US = 12 * QUARTER_US;
/** Nobody looks at more borders than this at once; longer spans are looked through in longer steps. */
const MOST_PROBES = 400;

/** A span over which the offset is one and the same. */
export interface ZoneSpan {
  from_us: number;
  to_us: number;
  offset_us: number;
}

export class Zone {
  /** As the IANA database has it: `UTC`, `Europe/Berlin`. */
  readonly name: string;
  readonly #parts: Intl.DateTimeFormat | null;
  readonly #quarters = new Map<number, number>();

  /** Throws a `RangeError` for a zone that the browser does not know. */
  constructor(name: string) {
    this.name = name;
    this.#parts =
      name === "UTC"
        ? null
        : new Intl.DateTimeFormat("en-US", {
            timeZone: name,
            hourCycle: "h23",
            year: "numeric",
            month: "numeric",
            day: "numeric",
            hour: "numeric",
            minute: "numeric",
            second: "numeric",
          });
  }

  /** What to add to UTC to read the clock there, in microseconds. */
  offsetUs(us: number): number {
    if (this.#parts === null) return 0;
    const quarter = Math.floor(us / QUARTER_US);
    const known = this.#quarters.get(quarter);
    if (known !== undefined) return known;
    if (this.#quarters.size >= KEPT_QUARTERS) this.#quarters.clear();
    const offset = offsetAt(this.#parts, quarter * QUARTER_US);
    this.#quarters.set(quarter, offset);
    return offset;
  }

  /** True when the clock there shows this time twice, because it is put back. */
  repeats(us: number): boolean {
    if (this.#parts === null) return false;
    const own = this.offsetUs(us);
    const after = this.offsetUs(us + REACH_US);
    if (after < own && this.offsetUs(us + own - after) === after) return true;
    const before = this.offsetUs(us - REACH_US);
    return before > own && this.offsetUs(us - (before - own)) === before;
  }

  /** The spans of one offset each, from one instant to another without a hole. */
  spans(fromUs: number, toUs: number): ZoneSpan[] {
    const found: ZoneSpan[] = [];
    const step = Math.max(DAY_US / 2, (toUs - fromUs) / MOST_PROBES);
    let from = fromUs;
    let offset = this.offsetUs(from);
    for (let at = fromUs; at < toUs; at += step) {
      const next = Math.min(toUs, at + step);
      if (this.offsetUs(next) === offset) continue;
      const border = this.#border(at, next);
      found.push({ from_us: from, to_us: border, offset_us: offset });
      from = border;
      offset = this.offsetUs(border);
    }
    found.push({ from_us: from, to_us: toUs, offset_us: offset });
    return found;
  }

  /** The first instant with another offset than `fromUs` has; there is one up to `toUs`. */
  #border(fromUs: number, toUs: number): number {
    const before = this.offsetUs(fromUs);
    let low = Math.floor(fromUs / QUARTER_US);
    let high = Math.floor(toUs / QUARTER_US);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetUs(middle * QUARTER_US) === before) low = middle;
      else high = middle;
    }
    return high * QUARTER_US;
  }
}

/** An offset as it is written behind a time: `+2`, `−3:30`, `+0`. */
export function offsetMark(offsetUs: number): string {
  const minutes = Math.round(Math.abs(offsetUs) / US_PER_MINUTE);
  const rest = minutes % 60;
  const figure = `${Math.floor(minutes / 60)}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
  return `${offsetUs < 0 ? "−" : "+"}${figure}`;
}

/** The zone of this computer. */
export function localZoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** The zone of that name, or null when the browser knows none. */
export function zoneNamed(name: string): Zone | null {
  try {
    return new Zone(name);
  } catch {
    return null;
  }
}

/** Every zone that the browser knows, UTC among them. */
export function zoneNames(): string[] {
  const names = Intl.supportedValuesOf("timeZone");
  return names.includes("UTC") ? names : ["UTC", ...names];
}

/** Zones whose name holds what was typed, those that begin with it first; older and newer names of a place are found too. */
export function zonesCalled(typed: string, names: readonly string[]): string[] {
  const words = typed.trim().toLowerCase().replaceAll(" ", "_");
  if (words === "") return [];
  const begins = (name: string): boolean =>
    name
      .toLowerCase()
      .split("/")
      .some((part) => part.startsWith(words));
  const found = names
    .filter((name) => name.toLowerCase().includes(words))
    .sort((a, b) => Number(begins(b)) - Number(begins(a)) || (a < b ? -1 : 1));
  if (found.length > 0) return found;
  // The browser lists each zone under one name only, `Asia/Katmandu` or `Asia/Kathmandu`, but knows all of them.
  const areas = new Set(names.filter((name) => name.includes("/")).map((name) => name.slice(0, name.indexOf("/"))));
  const place = words.replace(/(^|[_/-])[a-z]/g, (letter) => letter.toUpperCase());
  const tried = [place, ...[...areas].map((area) => `${area}/${place}`)];
  return tried.filter((name) => name.includes("/") && zoneNamed(name) !== null);
}

function offsetAt(format: Intl.DateTimeFormat, us: number): number {
  const ms = us / 1000;
  const read: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(ms)) read[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
  return (Date.UTC(year, month - 1, day, hour, minute, second) - ms) * 1000;
}
