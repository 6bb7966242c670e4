// Figures with their units, as the product writes them: 26.4 req/s, 212 ms, 5.00 s, 9.6 MB/s, 31.6%, 585,180.

/** A figure and its unit, where they are drawn differently. */
export interface Quantity {
  figure: string;
  unit: string;
}

const COUNT = new Intl.NumberFormat("en-GB");

/** `585,180`. */
export function count(n: number): string {
  return COUNT.format(n);
}

/** `1 service`, `15 services`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A count where space is short: `1,600`, `41.6 k`, `41.6 M`, `18.2 G`. */
export function shortCount(n: number): string {
  if (n < 10_000) return count(n);
  if (n < 999_500) return `${three(n / 1e3)} k`;
  return n < 999_500_000 ? `${three(n / 1e6)} M` : `${three(n / 1e9)} G`;
}

/** A rate per second without its unit: `184.2`, `0.03`, `1,204`. */
export function rateFigure(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.001) return "<0.001";
  if (perSecond < 0.1) return trimZeros(perSecond.toPrecision(1));
  if (perSecond < 1) return perSecond.toFixed(2);
  return perSecond < 1000 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

/** `26.4 req/s`. */
export function rate(perSecond: number, unit = "req/s"): string {
  return `${rateFigure(perSecond)} ${unit}`;
}

/** A share of 1: `31.6%`. Never rounded to 0% or 100% unless it is. */
export function share(part: number): string {
  const percent = part * 100;
  if (percent > 0 && percent < 0.05) return "<0.1%";
  if (percent < 100 && percent > 99.95) return ">99.9%";
  return `${percent === 0 || percent === 100 ? percent : percent.toFixed(1)}%`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Decimal units: `702 B`, `9.6 MB`, `412 MB`. */
export function bytesQuantity(n: number): Quantity {
  let value = n;
  let unit = 0;
  // 999.5 would be written as 1000.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return { figure: value.toFixed(digits), unit: BYTE_UNITS[unit] ?? "B" };
}

/** `9.6 MB`. */
export function bytes(n: number): string {
  return joined(bytesQuantity(n));
}

/** `9.6 MB/s`. */
export function byteRate(perSecond: number): string {
  return `${bytes(perSecond)}/s`;
}

/** How long something took, from microseconds: `84 µs`, `8.1 ms`, `212 ms`, `5.00 s`, `12.4 s`. Seconds from 1,000 ms. */
export function latencyQuantity(us: number): Quantity {
  if (us < 999.5) return { figure: String(Math.round(us)), unit: "µs" };
  const ms = us / 1000;
  if (ms < 99.95) return { figure: ms.toFixed(1), unit: "ms" };
  if (ms < 999.5) return { figure: ms.toFixed(0), unit: "ms" };
  const s = us / 1e6;
  if (s < 9.995) return { figure: s.toFixed(2), unit: "s" };
  if (s < 99.95) return { figure: s.toFixed(1), unit: "s" };
  return { figure: count(Math.round(s)), unit: "s" };
}

/** `212 ms`; `none` without a measurement. */
export function latency(us: number | null): string {
  return us === null ? "none" : joined(latencyQuantity(us));
}

/** `12.4 kB sent, 310 kB received`: what a client did. */
export function bothWays(sent: number, received: number, write: (n: number) => string): string {
  return `${write(sent)} sent, ${write(received)} received`;
}

/** `26.4 req/s` of its parts. */
export function joined(quantity: Quantity): string {
  return `${quantity.figure} ${quantity.unit}`;
}

function three(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function trimZeros(figure: string): string {
  return figure.includes(".") ? figure.replace(/0+$/, "").replace(/\.$/, "") : figure;
}
