import { describe, expect, it } from "vitest";
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
