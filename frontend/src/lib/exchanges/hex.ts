// Binary content as rows of 16 bytes, as hex dumps show it.

export interface HexRow {
  /** Position of the first byte, hexadecimal, 8 digits. */
  offset: string;
  /** Two digits per byte, a wider space in the middle. */
  bytes: string;
  /** Printable ASCII, a dot for the rest. */
  text: string;
}

const PER_ROW = 16;

/** Bytes of a base64 text. */
export function fromBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** The first `limit` bytes as rows. */
export function hexRows(bytes: Uint8Array, limit: number): HexRow[] {
  const rows: HexRow[] = [];
  for (let at = 0; at < Math.min(limit, bytes.length); at += PER_ROW) {
    const part = [...bytes.subarray(at, Math.min(at + PER_ROW, limit))];
    const digits = part.map((byte) => byte.toString(16).padStart(2, "0"));
    rows.push({
      offset: at.toString(16).padStart(8, "0"),
      bytes: `${digits.slice(0, 8).join(" ")}  ${digits.slice(8).join(" ")}`.trimEnd(),
      text: part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join(""),
    });
  }
  return rows;
}
