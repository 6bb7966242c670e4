import { describe, expect, it } from "vitest";
import { fromBase64 } from "../bytes/base64";
import { ofSide, pieces, streamLines, streamSummary, streamText, type Piece } from "./stream";

const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));
const piece = (text: string | Uint8Array<ArrayBuffer>, fromClient = true, missedBytes = 0): Piece => ({
  atUs: 0,
  fromClient,
  bytes: typeof text === "string" ? utf8(text) : text,
  missedBytes,
});
const talk = [piece("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), piece("HTTP/1.1 200 OK\r\n\r\nhi", false)];

describe("a stream as text", () => {
  it("is broken at line ends, and each turn carries its direction once", () => {
    expect(
      streamLines(talk, "text", 80).map((line) => [line.fromClient, line.kind === "bytes" && line.first, line.text]),
    ).toEqual([
      [true, true, "GET / HTTP/1.1"],
      [true, false, "Host: a"],
      [true, false, ""],
      [false, true, "HTTP/1.1 200 OK"],
      [false, false, ""],
      [false, false, "hi"],
    ]);
  });

  it("breaks long lines at the width and loses nothing", () => {
    const lines = streamLines([piece("x".repeat(205))], "text", 100);
    expect(lines.map(({ text }) => text.length)).toEqual([100, 100, 5]);
  });

  it("reads a letter that two pieces share", () => {
    const bytes = utf8("größe");
    const lines = streamLines([piece(bytes.slice(0, 3)), piece(bytes.slice(3))], "text", 80);
    expect(lines.map(({ text }) => text).join("")).toBe("größe");
  });

  it("shows what cannot be shown as a dot", () => {
    expect(streamLines([piece("a\u0000b\tc\u001b[31m")], "text", 80)[0]?.text).toBe("a·b    c·[31m");
  });
});

describe("a gap", () => {
  it("has a line of its own and counts in the offsets", () => {
    const lines = streamLines([piece("abc"), piece("def", true, 1460)], "hex", 80);
    expect(lines.map((line) => (line.kind === "gap" ? line.text : line.offset))).toEqual([
      "00000000",
      "1,460 B of the client were not captured",
      "000005b7",
    ]);
    expect(lines[2]).toMatchObject({ first: true, text: "64 65 66", readable: "def" });
  });
});

describe("what is copied", () => {
  it("names the direction at each turn and says what is missing", () => {
    expect(streamText([...talk, piece("more", false, 10)], "text")).toBe(
      "[client]\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\n[server]\nHTTP/1.1 200 OK\r\n\r\nhi\n" +
        "[10 B of the server were not captured]\nmore",
    );
  });

  it("is a hex dump where that is shown", () => {
    expect(streamText([piece("hi")], "hex")).toContain("00000000  68 69 ");
  });
});

describe("pieces", () => {
  it("are decoded, and those of one side found", () => {
    const list = pieces([{ at_us: 1, from_client: false, base64: btoa("ok"), missed_bytes: 0 }], fromBase64);
    expect(list[0]?.bytes).toEqual(utf8("ok"));
    expect(ofSide([...list, ...talk], "client")).toEqual([talk[0]]);
    expect(ofSide(talk, "both")).toHaveLength(2);
  });

  it("are summed up", () => {
    expect(streamSummary([...talk, piece("", true, 5)])).toBe("client 27 B, server 21 B, 5 B missing");
  });
});
