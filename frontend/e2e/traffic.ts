// Something for a capture to see: a small web server on the loopback interface, and requests to it.

import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export async function serve(): Promise<{ web: Server; port: number }> {
  const web = createServer((_, answer) => answer.end("hello"));
  await new Promise<void>((done) => web.listen(0, "127.0.0.1", done));
  return { web, port: (web.address() as AddressInfo).port };
}

/** Asks for `/seen` on a connection of its own. */
export function request(port: number): Promise<void> {
  return new Promise((done, failed) => {
    get({ host: "127.0.0.1", port, path: "/seen", agent: false }, (answer) => answer.resume().on("end", done)).on(
      "error",
      failed,
    );
  });
}
