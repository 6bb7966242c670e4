import { describe, expect, it } from "vitest";
import { fromBase64, hexRows } from "./hex";
import { jsonTokens } from "./json_tokens";

describe("jsonTokens", () => {
  it("tells keys from strings, numbers and punctuation", () => {
    expect(
      jsonTokens(`  "amount": -8490.5e3, "s": "a:\\"b", "ok": true`).filter((token) => token.text.trim() !== ""),
    ).toEqual([
      { role: "key", text: `"amount"` },
      { role: "punctuation", text: ":" },
      { role: "number", text: "-8490.5e3" },
      { role: "punctuation", text: "," },
      { role: "key", text: `"s"` },
      { role: "punctuation", text: ":" },
      { role: "string", text: `"a:\\"b"` },
      { role: "punctuation", text: "," },
      { role: "key", text: `"ok"` },
      { role: "punctuation", text: ":" },
      { role: "number", text: "true" },
    ]);
  });

  it("loses nothing, whatever the line", () => {
    for (const line of [`"unfinished`, `}],`, `trueish 12ab - "a" : 1`, "", "日本語 🎬", `"\\`]) {
      expect(
        jsonTokens(line)
          .map((token) => token.text)
          .join(""),
      ).toBe(line);
    }
  });
});

describe("hexRows", () => {
  it("shows sixteen bytes a row with a readable column", () => {
    const rows = hexRows(fromBase64(btoa("Hello, wirereel!\u0000\u00ff")), 1024);
    expect(rows).toEqual([
      { offset: "00000000", bytes: "48 65 6c 6c 6f 2c 20 77  69 72 65 72 65 65 6c 21", text: "Hello, wirereel!" },
      { offset: "00000010", bytes: "00 ff", text: ".." },
    ]);
  });

  it("stops at the limit", () => expect(hexRows(new Uint8Array(100), 20)).toHaveLength(2));
});
