import { describe, expect, it } from "vitest";
import type { ExchangeDetail } from "../backend";
import { phases } from "./timing";

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
