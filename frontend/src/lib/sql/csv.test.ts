import { expect, it } from "vitest";
import { csv } from "./csv";

it("quotes what needs quotes and leaves null empty", () => {
  const result = {
    columns: ["a", "b"],
    rows: [
      [1, 'say "hi"'],
      [null, "x,y"],
      [[1, 2], "line\nbreak"],
    ],
    truncated: false,
  };
  expect(csv(result)).toBe('a,b\r\n1,"say ""hi"""\r\n,"x,y"\r\n"[1,2]","line\nbreak"\r\n');
});
