import { describe, expect, it } from "vitest";
import { placeIn, splitPlace, withRecording } from "./link";

describe("a link", () => {
  it.each([
    ["wirereel:#/topology", "#/topology"],
    [" http://127.0.0.1:7878/#/flows?flow=3&filter=a%20b\n", "#/flows?flow=3&filter=a%20b"],
    ["https://host.example/wirereel/#/sql", "#/sql"],
  ])("%j leads to %j", (text, place) => expect(placeIn(text)).toBe(place));

  it.each(["path:/a#/b", "service:cart", "http://host.example/", "wirereel:#/a b", "#/topology", ""])(
    "%j is none",
    (text) => expect(placeIn(text)).toBeNull(),
  );
});

describe("the recording of a link", () => {
  it.each(["#/topology", "#/flows?flow=3", "#/sql?at=2026-11-21T10:00:00Z&filter=a%26b"])(
    "is put into %s and taken out",
    (hash) => {
      const id = "shop day-ä&1";
      expect(splitPlace(withRecording(hash, id))).toEqual({ hash, recordingId: id });
      expect(splitPlace(hash)).toEqual({ hash, recordingId: null });
    },
  );
  it("may stand anywhere", () => {
    expect(splitPlace("#/flows?recording=a&flow=3")).toEqual({ hash: "#/flows?flow=3", recordingId: "a" });
    expect(splitPlace("#/flows?from=1&recording=%E0&flow=3")).toEqual({
      hash: "#/flows?from=1&flow=3",
      recordingId: "%E0",
    });
  });
});
