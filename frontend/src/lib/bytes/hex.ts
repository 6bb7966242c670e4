// Binary content as rows of 16 bytes, as hex dumps show it.

export interface HexRow {
  /** Position of the first byte, hexadecimal, 8 digits. */
  offset: string;
  /** Two digits per byte, a wider space in the middle. */
  bytes: string;
  /** Printable ASCII, a dot for the rest. */
  text: string;
}

export const BYTES_PER_ROW = 16;

/** How many rows so many bytes fill. */
export function hexRowCount(length: number): number {
  return Math.ceil(length / BYTES_PER_ROW);
}

/** The row that begins at `from`; `offset` is what its first byte is called. */
export function hexRow(bytes: Uint8Array, from: number, offset = from): HexRow {
  const part = [...bytes.subarray(from, from + BYTES_PER_ROW)];
  const digits = part.map((byte) => byte.toString(16).padStart(2, "0"));
  return {
    offset: offset.toString(16).padStart(8, "0"),
    bytes: `${digits.slice(0, 8).join(" ")}  ${digits.slice(8).join(" ")}`.trimEnd(),
    text: part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join(""),
  };
}

/** Everything as text: a row a line. */
export function hexDump(bytes: Uint8Array): string {
  const lines = Array.from({ length: hexRowCount(bytes.length) }, (_, i) => {
    const row = hexRow(bytes, i * BYTES_PER_ROW);
    return `${row.offset}  ${row.bytes.padEnd(48)}  ${row.text}`;
  });
  return lines.join("\n");
}
