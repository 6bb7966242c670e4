// A followed stream as lines: text or hexadecimal, each line of one direction, gaps on lines of their own.

import type { StreamChunk } from "../backend";
import { BYTES_PER_ROW, hexDump, hexRow } from "../bytes/hex";
import { count } from "../format";

export type StreamSide = "both" | "client" | "server";
export type StreamForm = "text" | "hex";

/** A chunk with its bytes at hand. */
export interface Piece {
  atUs: number;
  fromClient: boolean;
  bytes: Uint8Array<ArrayBuffer>;
  missedBytes: number;
}

export type StreamLine =
  | {
      kind: "bytes";
      fromClient: boolean;
      /** True for the first line of a turn: it carries the direction's letter. */
      first: boolean;
      /** Hexadecimal position in the direction, for `hex`. */
      offset: string;
      text: string;
      readable: string;
    }
  | { kind: "gap"; fromClient: boolean; text: string };

/** The chunks' bytes, of one direction or both. */
export function pieces(chunks: readonly StreamChunk[], decode: (base64: string) => Uint8Array<ArrayBuffer>): Piece[] {
  return chunks.map((chunk) => ({
    atUs: chunk.at_us,
    fromClient: chunk.from_client,
    bytes: decode(chunk.base64),
    missedBytes: chunk.missed_bytes,
  }));
}

/** Those of a side. */
export function ofSide(list: readonly Piece[], side: StreamSide): Piece[] {
  return list.filter(({ fromClient }) => side === "both" || fromClient === (side === "client"));
}

/** Everything as lines of at most `columns` characters. */
export function streamLines(list: readonly Piece[], form: StreamForm, columns: number): StreamLine[] {
  const lines: StreamLine[] = [];
  const sides = { client: new Side(), server: new Side() };
  let turn: boolean | null = null;
  for (const piece of list) {
    const { fromClient } = piece;
    const side = fromClient ? sides.client : sides.server;
    if (piece.missedBytes > 0) {
      lines.push({ kind: "gap", fromClient, text: gapWords(piece) });
      side.offset += piece.missedBytes;
      turn = null;
    }
    const made = form === "hex" ? hexLines(piece.bytes, side) : textLines(piece.bytes, side, columns);
    made.forEach(({ offset, text, readable }, n) => {
      lines.push({ kind: "bytes", fromClient, first: n === 0 && turn !== fromClient, offset, text, readable });
    });
    if (made.length > 0) turn = fromClient;
    side.offset += piece.bytes.length;
  }
  return lines;
}

function gapWords({ fromClient, missedBytes }: Piece): string {
  return `${count(missedBytes)} B of the ${fromClient ? "client" : "server"} were not captured`;
}

/** What is known of a direction so far. */
class Side {
  /** Bytes before the next piece. */
  offset = 0;
  /** A letter may begin in one piece and end in the next. */
  readonly decoder = new TextDecoder("utf-8");
}

interface Made {
  offset: string;
  text: string;
  readable: string;
}

function hexLines(bytes: Uint8Array, side: Side): Made[] {
  const made: Made[] = [];
  for (let from = 0; from < bytes.length; from += BYTES_PER_ROW) {
    const row = hexRow(bytes, from, side.offset + from);
    made.push({ offset: row.offset, text: row.bytes, readable: row.text });
  }
  return made;
}

function textLines(bytes: Uint8Array, side: Side, columns: number): Made[] {
  const decoded = side.decoder.decode(bytes, { stream: true });
  // A piece that ends its last line does not begin another one.
  const rows = decoded.replace(/\r?\n$/, "").split(/\r?\n/);
  if (decoded === "") return [];
  return rows.flatMap((row) => broken(shown(row), columns).map((text) => ({ offset: "", text, readable: "" })));
}

/** Control characters as a dot, tabs as spaces. */
function shown(row: string): string {
  // eslint-disable-next-line no-control-regex
  return row.replaceAll("\t", "    ").replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "·");
}

/** Cut into parts of at most `columns` characters, at least one. */
function broken(row: string, columns: number): string[] {
  if (row.length <= columns) return [row];
  const parts: string[] = [];
  for (let at = 0; at < row.length; at += columns) parts.push(row.slice(at, at + columns));
  return parts;
}

/** What is copied: the bytes as text with a line per turn that names the direction, or as hex dumps. */
export function streamText(list: readonly Piece[], form: StreamForm): string {
  const decoders = { client: new TextDecoder("utf-8"), server: new TextDecoder("utf-8") };
  const parts: string[] = [];
  let turn: boolean | null = null;
  for (const piece of list) {
    const side = piece.fromClient ? "client" : "server";
    if (piece.missedBytes > 0) parts.push(`\n[${gapWords(piece)}]\n`);
    if (turn !== piece.fromClient) parts.push(`${parts.length === 0 ? "" : "\n"}[${side}]\n`);
    turn = piece.fromClient;
    parts.push(form === "hex" ? `${hexDump(piece.bytes)}\n` : decoders[side].decode(piece.bytes, { stream: true }));
  }
  return parts.join("");
}

/** What a followed stream holds, in words. */
export function streamSummary(list: readonly Piece[]): string {
  const sum = (fromClient: boolean): number =>
    list.reduce((all, piece) => all + (piece.fromClient === fromClient ? piece.bytes.length : 0), 0);
  const missed = list.reduce((all, piece) => all + piece.missedBytes, 0);
  const gaps = missed > 0 ? `, ${count(missed)} B missing` : "";
  return `client ${count(sum(true))} B, server ${count(sum(false))} B${gaps}`;
}
