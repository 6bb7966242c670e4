// Regions against regions.

import type { RegionCell } from "../backend";

export interface Matrix {
  from: string[];
  to: string[];
  at: (from: string, to: string) => RegionCell | null;
}

export function matrixOf(cells: readonly RegionCell[]): Matrix {
  const by = new Map(cells.map((cell) => [key(cell.from_region, cell.to_region), cell]));
  return {
    from: inOrder(cells.map(({ from_region }) => from_region)),
    to: inOrder(cells.map(({ to_region }) => to_region)),
    at: (from, to) => by.get(key(from, to)) ?? null,
  };
}

/** A region's name; probes need not have one. */
export function regionName(region: string): string {
  return region === "" ? "no region" : region;
}

/** By name, what has none at the end. */
function inOrder(regions: readonly string[]): string[] {
  return [...new Set(regions)].sort((a, b) => Number(a === "") - Number(b === "") || a.localeCompare(b));
}

function key(from: string, to: string): string {
  return JSON.stringify([from, to]);
}
