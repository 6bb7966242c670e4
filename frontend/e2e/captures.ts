// Captures made for the tests, packet by packet.

/** A classic little-endian pcap file of Ethernet frames: each at its instant in microseconds since 1970, else a millisecond apart. */
export function pcap(frames: Uint8Array[], instants?: number[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.map((frame, n) => {
    const record = Buffer.alloc(16);
    const at = instants?.[n] ?? 1_795_257_725e6 + n * 1000;
    record.writeUInt32LE(Math.floor(at / 1e6), 0);
    record.writeUInt32LE(at % 1e6, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([head, ...records]);
}

export interface Segment {
  /** From 10.0.0.1:40000 to 10.0.0.2:80, or back. */
  fromClient: boolean;
  sequence: number;
  acknowledgement: number;
  /** Control bits: 2 SYN, 16 ACK, 18 SYN ACK, 24 PSH ACK, 17 FIN ACK. */
  flags: number;
  payload?: string;
  /** The client's port instead of 40000. */
  clientPort?: number;
  /** Words of 32 bits that the header says it has: 5 is right. */
  headerWords?: number;
}

/** An Ethernet frame with a TCP segment over IPv4. Checksums are left out, as network cards leave them. */
export function segment(what: Segment): Buffer {
  const payload = Buffer.from(what.payload ?? "", "latin1");
  const frame = Buffer.alloc(54 + payload.length);
  frame.write("020000000002020000000001", 0, "hex");
  frame.writeUInt16BE(0x0800, 12);
  frame[14] = 0x45;
  frame.writeUInt16BE(40 + payload.length, 16);
  frame[22] = 64;
  frame[23] = 6;
  const [client, server] = ["0a000001", "0a000002"];
  frame.write(what.fromClient ? client + server : server + client, 26, "hex");
  const clientPort = what.clientPort ?? 40000;
  frame.writeUInt16BE(what.fromClient ? clientPort : 80, 34);
  frame.writeUInt16BE(what.fromClient ? 80 : clientPort, 36);
  frame.writeUInt32BE(what.sequence, 38);
  frame.writeUInt32BE(what.acknowledgement, 42);
  frame[46] = (what.headerWords ?? 5) << 4;
  frame[47] = what.flags;
  frame.writeUInt16BE(65535, 48);
  payload.copy(frame, 54);
  return frame;
}

const REQUEST = "GET /lost HTTP/1.1\r\nHost: shop.test\r\n\r\n";
const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n";

/**
 * A connection in which the response's first 1,000 body bytes come twice, the next 1,000 were never captured, and one
 * segment has a header longer than itself.
 */
export function troubled(): Buffer {
  const sent = 1001 + REQUEST.length;
  const body = 5001 + HEAD.length;
  const first = { fromClient: false, sequence: body, acknowledgement: sent, flags: 24, payload: "a".repeat(1000) };
  const last = { ...first, sequence: body + 2000, payload: "c".repeat(1000) };
  return pcap(
    [
      { fromClient: true, sequence: 1000, acknowledgement: 0, flags: 2 },
      { fromClient: false, sequence: 5000, acknowledgement: 1001, flags: 18 },
      { fromClient: true, sequence: 1001, acknowledgement: 5001, flags: 16 },
      { fromClient: true, sequence: 1001, acknowledgement: 5001, flags: 24, payload: REQUEST },
      { fromClient: false, sequence: 5001, acknowledgement: sent, flags: 24, payload: HEAD },
      first,
      first,
      { fromClient: true, sequence: sent, acknowledgement: 0, flags: 16, headerWords: 15 },
      last,
      { fromClient: true, sequence: sent, acknowledgement: body + 3000, flags: 16 },
      { fromClient: false, sequence: body + 3000, acknowledgement: sent, flags: 17 },
      { fromClient: true, sequence: sent, acknowledgement: body + 3001, flags: 17 },
      { fromClient: false, sequence: body + 3001, acknowledgement: sent + 1, flags: 16 },
    ].map(segment),
  );
}

/** Problems of two stages: two segments with headers longer than themselves, and a response with a broken chunk. */
export function troubledTwice(): Buffer {
  const sent = 1001 + REQUEST.length;
  const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabZZ";
  const lying = { fromClient: true, sequence: sent, acknowledgement: 0, flags: 16, headerWords: 15 };
  return pcap(
    [
      { fromClient: true, sequence: 1000, acknowledgement: 0, flags: 2 },
      { fromClient: false, sequence: 5000, acknowledgement: 1001, flags: 18 },
      { fromClient: true, sequence: 1001, acknowledgement: 5001, flags: 16 },
      { fromClient: true, sequence: 1001, acknowledgement: 5001, flags: 24, payload: REQUEST },
      lying,
      { fromClient: false, sequence: 5001, acknowledgement: sent, flags: 24, payload: answer },
      lying,
    ].map(segment),
  );
}

/** What an exchange on a connection of its own consists of, and how long after its beginning each segment comes, in microseconds. */
function exchange(clientPort: number, failed: boolean): { afterUs: number; frame: Buffer }[] {
  const asked = "GET /time HTTP/1.1\r\nHost: shop.test\r\n\r\n";
  const answered = `HTTP/1.1 ${failed ? "503 Service Unavailable" : "200 OK"}\r\nContent-Length: 2\r\n\r\nok`;
  const [sent, received] = [1001 + asked.length, 5001 + answered.length];
  const segments: [number, Segment][] = [
    [0, { fromClient: true, sequence: 1000, acknowledgement: 0, flags: 2 }],
    [200, { fromClient: false, sequence: 5000, acknowledgement: 1001, flags: 18 }],
    [300, { fromClient: true, sequence: 1001, acknowledgement: 5001, flags: 16 }],
    [400, { fromClient: true, sequence: 1001, acknowledgement: 5001, flags: 24, payload: asked }],
    [2400, { fromClient: false, sequence: 5001, acknowledgement: sent, flags: 24, payload: answered }],
    [2600, { fromClient: true, sequence: sent, acknowledgement: received, flags: 17 }],
    [2800, { fromClient: false, sequence: received, acknowledgement: sent + 1, flags: 17 }],
    [2900, { fromClient: true, sequence: sent + 1, acknowledgement: received + 1, flags: 16 }],
  ];
  return segments.map(([afterUs, what]) => ({ afterUs, frame: segment({ ...what, clientPort }) }));
}

/** An exchange at each of these instants in microseconds since 1970, 3 ms or more apart; those in `failed` are answered with 503. */
export function exchangesAt(instants: number[], failed: ReadonlySet<number> = new Set()): Buffer {
  const parts = instants.flatMap((at, n) =>
    exchange(10_000 + (n % 50_000), failed.has(at)).map(({ afterUs, frame }) => ({ at: at + afterUs, frame })),
  );
  return pcap(
    parts.map(({ frame }) => frame),
    parts.map(({ at }) => at),
  );
}
