import { describe, expect, it } from "vitest";
import { placeIn } from "./link";

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
