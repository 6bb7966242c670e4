// A website that does what a test says: answers, fails, waits, redirects, or does not listen.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export class Site {
  /** Every path answers so. */
  status = 200;
  /** Time until the answer begins, milliseconds. */
  delayMs = 0;
  /** Requests by path. */
  readonly seen = new Map<string, number>();
  /** Bodies that were sent here, latest last. */
  readonly bodies: string[] = [];

  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor() {
    this.#server = createServer((request, answer) => this.#answer(request, answer));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the port that it had before if any. */
  async open(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(this.#port, "127.0.0.1", done));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Refuses connections from now on. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #answer(request: IncomingMessage, answer: ServerResponse): void {
    const path = request.url ?? "/";
    this.seen.set(path, (this.seen.get(path) ?? 0) + 1);
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (parts.length > 0) this.bodies.push(Buffer.concat(parts).toString());
      if (path === "/from") {
        answer.writeHead(302, { Location: "/to" }).end();
        return;
      }
      setTimeout(() => answer.writeHead(this.status, { "Content-Type": "text/plain" }).end("hello"), this.delayMs);
    });
  }
}
