import { describe, expect, it } from "vitest";
import type { RegionCell } from "../backend";
import { matrixOf, regionName } from "./matrix";

const cell = (from_region: string, to_region: string): RegionCell => ({
  from_region,
  to_region,
  probes: [`${from_region}-${to_region}`],
  success: 1,
  p50_us: 1,
  p95_us: 2,
});

describe("the matrix of regions", () => {
  it("has every region once, by name, what has none at the end", () => {
    const matrix = matrixOf([cell("", "us"), cell("us", "eu"), cell("eu", "us"), cell("eu", "")]);
    expect(matrix.from).toEqual(["eu", "us", ""]);
    expect(matrix.to).toEqual(["eu", "us", ""]);
    expect(regionName("")).toBe("no region");
  });

  it("knows pairs, and which are not probed", () => {
    const matrix = matrixOf([cell("eu", "us"), cell("a", "b,c"), cell("a,b", "c")]);
    expect(matrix.at("eu", "us")?.probes).toEqual(["eu-us"]);
    expect(matrix.at("us", "eu")).toBeNull();
    expect(matrix.at("a", "b,c")?.probes).toEqual(["a-b,c"]);
    expect(matrix.at("a,b", "c")?.probes).toEqual(["a,b-c"]);
  });
});
