import { describe, expect, it } from "vitest";
import { knownOf, newsOf } from "./news";
import { alert } from "./testkit";

const ids = (rows: readonly { alert_id: string }[]): string[] => rows.map(({ alert_id }) => alert_id);

describe("news of alerts", () => {
  it("are none of what was there at the start", () => {
    const rows = [alert({ alert_id: "b" }), alert({ alert_id: "a", resolved_us: 5 })];
    expect(newsOf(knownOf(rows), rows)).toEqual({ opened: [], resolved: [] });
  });

  it("are what opened and what was over since, oldest first", () => {
    const known = knownOf([alert({ alert_id: "a" })]);
    const { opened, resolved } = newsOf(known, [
      alert({ alert_id: "c" }),
      alert({ alert_id: "b", resolved_us: 9 }),
      alert({ alert_id: "a", resolved_us: 7 }),
    ]);
    expect(ids(opened)).toEqual(["b", "c"]);
    expect(ids(resolved)).toEqual(["a", "b"]);
  });

  it("are not told of what nobody was to hear of", () => {
    const { opened } = newsOf(new Map(), [
      alert({ quiet: "silenced" }),
      alert({ alert_id: "b", quiet: "maintenance" }),
    ]);
    expect(opened).toEqual([]);
  });
});
