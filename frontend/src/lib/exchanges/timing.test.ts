import { describe, expect, it } from "vitest";
import type { ExchangeDetail } from "../backend";
import { phases, timeMarks } from "./timing";

const detail = (response_us: number | null, rtt_us: number | null): ExchangeDetail =>
  ({ row: { started_us: 1_000_000 }, finished_us: 1_010_000, response_us, flow: { rtt_us } }) as ExchangeDetail;

describe("phases", () => {
  it("split into network, server and transfer", () => {
    expect(phases(detail(8000, 300)).map(({ name, fromUs, toUs }) => [name, fromUs, toUs])).toEqual([
      ["Network RTT", 0, 300],
      ["Server time", 300, 8000],
      ["Response transfer", 8000, 10_000],
    ]);
  });

  it("do not tell apart what was not measured", () => {
    expect(phases(detail(8000, null)).map(({ name }) => name)).toEqual(["To the first byte", "Response transfer"]);
    expect(phases(detail(8000, 9000)).map(({ name }) => name)).toEqual(["To the first byte", "Response transfer"]);
    expect(phases(detail(null, 300)).map(({ name, toUs }) => [name, toUs])).toEqual([["Waiting, no response", 10_000]]);
  });
});

describe("timeMarks", () => {
  it("are round and few", () => {
    expect(timeMarks(5_003_300)).toEqual([0, 1e6, 2e6, 3e6, 4e6, 5e6]);
    expect(timeMarks(8400)).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(timeMarks(0)).toEqual([0]);
    for (const total of [1, 37, 999, 123_456, 86_400e6]) expect(timeMarks(total).length).toBeLessThanOrEqual(7);
  });
});
