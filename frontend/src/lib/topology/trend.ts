// A row of bars as one path: requests, and the failed ones at their base.

/** Path of bars standing on `y = height`, in a field of `width` by `height`; a bucket of zero has no bar. */
export function bars(values: number[], largest: number, width: number, height: number, least = 0): string {
  if (largest <= 0 || values.length === 0) return "";
  const step = width / values.length;
  const bar = Math.max(0.5, step - 0.7);
  let path = "";
  values.forEach((value, i) => {
    if (value <= 0) return;
    const h = Math.max(least, (Math.min(value, largest) / largest) * height);
    path += `M${(i * step).toFixed(2)} ${height}v${(-h).toFixed(2)}h${bar.toFixed(2)}v${h.toFixed(2)}z`;
  });
  return path;
}

/** The scale both rows share. */
export const largestOf = (values: number[]): number => values.reduce((most, value) => Math.max(most, value), 0);
