// Hops of a path as processes of their own: relays, gateways and services, started by the program under test.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The program that hops are started with; without it there are none. */
export const PROGRAM = process.env["WIREREEL_BIN"];

export class Hop {
  /** Host and port, once it listens. */
  address = "";

  #process: ChildProcess | null = null;
  readonly #kind: "relay" | "gateway" | "respond";
  readonly #config: Record<string, unknown>;
  readonly #folder = mkdtempSync(join(tmpdir(), "wirereel-hop-"));

  constructor(kind: "relay" | "gateway" | "respond", config: Record<string, unknown>) {
    this.#kind = kind;
    this.#config = config;
  }

  /** As routes and targets name it. */
  get url(): string {
    return `grpc://${this.address}`;
  }

  /** Starts it, on the port that it had before if any. */
  async start(): Promise<this> {
    if (PROGRAM === undefined) throw new Error("Set WIREREEL_BIN to the wirereel program.");
    const file = join(this.#folder, "hop.json");
    writeFileSync(file, JSON.stringify({ ...this.#config, listen: this.address || "127.0.0.1:0" }));
    const started = spawn(PROGRAM, ["probe", this.#kind, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = started;
    for await (const line of createInterface(started.stdout)) {
      const address = / listens on (\S+)$/.exec(line)?.[1];
      if (address === undefined) continue;
      this.address = address;
      return this;
    }
    throw new Error(`The ${this.#kind} ended with ${started.exitCode} before it listened.`);
  }

  /** It stays there and does nothing any more, until `wake`. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  wake(): void {
    this.#process?.kill("SIGCONT");
  }

  /** There again and at work, whatever was done to it. */
  async mend(): Promise<void> {
    this.wake();
    if (this.#process === null) await this.start();
  }

  /** It is gone: its port refuses connections. */
  async kill(): Promise<void> {
    const ended = this.#process;
    this.#process = null;
    if (ended === null || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = new Promise((done) => ended.once("exit", done));
    ended.kill("SIGKILL");
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** From Region A by Mediary A and Mediary B, which says nothing of itself, and Gateway B to the catalog. */
export class Path {
  readonly catalog = new Hop("respond", { name: "catalog", region: "B" });
  relays: Hop[] = [];
  gateway: Hop | null = null;

  async start(): Promise<this> {
    await this.catalog.start();
    const services = { catalog: this.catalog.url };
    this.gateway = await new Hop("gateway", { name: "Gateway B", region: "B", routes: { services } }).start();
    const silent = new Hop("relay", {
      name: "Mediary B",
      region: "A",
      silent: true,
      routes: { regions: { B: this.gateway.url } },
    });
    this.relays.push(await silent.start());
    const first = new Hop("relay", { name: "Mediary A", region: "A", routes: { regions: { B: silent.url } } });
    this.relays.push(await first.start());
    return this;
  }

  /** Every hop is there again and at work. */
  async mend(): Promise<void> {
    for (const hop of this.#hops()) await hop.mend();
  }

  /** Where a probe is sent first. */
  get target(): string {
    return this.relays.at(-1)?.url ?? "";
  }

  async end(): Promise<void> {
    this.catalog.wake();
    for (const hop of this.#hops()) await hop.end();
  }

  #hops(): Hop[] {
    return [this.catalog, ...this.relays, ...(this.gateway === null ? [] : [this.gateway])];
  }
}
