import { describe, expect, it } from "vitest";
import { openedBefore } from "./opened_before";

describe("flows opened before an instant", () => {
  const range = { from_us: 100, to_us: 200 };

  it("are those alive from the range's start to the instant", () => {
    expect(openedBefore({ range, filter: "server:a" }, 150)?.scope).toEqual({
      range: { from_us: 100, to_us: 150 },
      filter: "server:a",
    });
    expect(openedBefore({ range: null, filter: "" }, 150)?.scope.range).toEqual({ from_us: 0, to_us: 150 });
  });

  it("are all of the range after its end and none before its start", () => {
    expect(openedBefore({ range, filter: "" }, 900)?.scope.range).toEqual(range);
    expect(openedBefore({ range, filter: "" }, 100)).toBeNull();
  });
});
