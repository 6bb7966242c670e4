// Where each lane lies, in pixels from the top of the track.

/** Heights that a small window cannot spare. */
export interface Roominess {
  /** Low or narrow window: thinner lanes, no bookmarks lane. */
  compact: boolean;
  /** There is a lane of what matches the filter. */
  matches: boolean;
}

export interface Lanes {
  /** Bottom of the ruler. */
  ruler: number;
  /** Pins and spans of what was wrong: top and height. */
  alerts: number;
  alertsHeight: number;
  /** Matches of the filter: top and height, height 0 without. */
  matches: number;
  matchesHeight: number;
  /** Requests rise from `base` up to `requests`. */
  requests: number;
  base: number;
  /** Errors hang below `base`, at most so far. */
  errorsHeight: number;
  gaps: number;
  gapsHeight: number;
  bookmarks: number;
  /** 0 when the lane is folded away. */
  bookmarksHeight: number;
  height: number;
}

export function lanes({ compact, matches }: Roominess): Lanes {
  const size = compact
    ? { ruler: 19, alerts: 13, air: 3, requests: 33, errors: 13, gaps: 7, bookmarks: 0, pad: 6 }
    : { ruler: 20, alerts: 14, air: 4, requests: 46, errors: 19, gaps: 8, bookmarks: 17, pad: 6 };
  const alerts = size.ruler + 3;
  const matchesHeight = matches ? 6 : 0;
  const matchesTop = alerts + size.alerts + 1;
  const requests = matchesTop + size.air + (matches ? 7 : 0);
  const base = requests + size.requests;
  const gaps = base + size.errors + 3;
  const bookmarks = gaps + size.gaps + 2;
  return {
    ruler: size.ruler,
    alerts,
    alertsHeight: size.alerts,
    matches: matchesTop,
    matchesHeight,
    requests,
    base,
    errorsHeight: size.errors,
    gaps,
    gapsHeight: size.gaps,
    bookmarks,
    bookmarksHeight: size.bookmarks,
    height: bookmarks + size.bookmarks + size.pad,
  };
}
