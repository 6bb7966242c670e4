import { describe, expect, it } from "vitest";
import { exportAddress } from "./http_backend";

describe("an export's address", () => {
  it("carries the command's arguments, objects as JSON", () => {
    const scope = { range: { from_us: 1, to_us: 2 }, filter: "status:>=500 path:/a&b" };
    const address = new URL(exportAddress("export_rows", { rows: "flows", format: "csv", scope }), "http://host");
    expect(address.pathname).toBe("/export/rows");
    expect(Object.fromEntries(address.searchParams)).toEqual({
      rows: "flows",
      format: "csv",
      scope: JSON.stringify(scope),
    });
  });

  it("names the body by exchange and message", () => {
    expect(exportAddress("save_body", { exchange_id: 7, message: "response" })).toBe(
      "/export/body?exchange_id=7&message=response",
    );
    expect(exportAddress("export_pcap", { flow_id: 3 })).toBe("/export/pcap?flow_id=3");
  });
});
