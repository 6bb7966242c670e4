import { describe, expect, it } from "vitest";
import { fromBase64 } from "./base64";
import { hexDump, hexRow, hexRowCount } from "./hex";

const bytes = fromBase64(btoa("Hello, wirereel!\u0000\u00ff"));

describe("a hex dump", () => {
  it("shows sixteen bytes a row with a readable column", () => {
    expect([0, 16].map((from) => hexRow(bytes, from))).toEqual([
      { offset: "00000000", bytes: "48 65 6c 6c 6f 2c 20 77  69 72 65 72 65 65 6c 21", text: "Hello, wirereel!" },
      { offset: "00000010", bytes: "00 ff", text: ".." },
    ]);
  });

  it("counts from where it is told", () => expect(hexRow(bytes, 0, 0x1f40).offset).toBe("00001f40"));

  it("has a row for every sixteen bytes begun", () => {
    expect([0, 1, 16, 17].map(hexRowCount)).toEqual([0, 1, 1, 2]);
  });

  it("as text keeps its columns in line", () => {
    expect(hexDump(bytes)).toBe(
      "00000000  48 65 6c 6c 6f 2c 20 77  69 72 65 72 65 65 6c 21  Hello, wirereel!\n" +
        "00000010  00 ff                                             ..",
    );
  });
});
