// The demo shop: started and ended, or found; told what to break; asked what it logged.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_MS = 15_000;
const REPLY_MS = 5_000;
/** How long the shop has to end before it is killed. */
const END_MS = 3_000;

/**
 * Starts a shop on loopback.
 *
 * @param {string} program path of `wirereel-shop`
 * @returns {Promise<{ state: string, end: () => Promise<void> }>} its folder of sockets and logs, and what ends it and removes the folder
 */
export async function startShop(program) {
  const state = mkdtempSync(join(tmpdir(), "wirereel-load-"));
  // A group of its own: Ctrl-C goes to whoever started the run, which ends k6 first and the shop after it.
  const shop = spawn(program, ["run", "--state", state], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => {
    shop.on("error", resolve);
    shop.on("exit", resolve);
  });
  const end = async () => {
    shop.kill("SIGINT");
    const killing = setTimeout(() => shop.kill("SIGKILL"), END_MS);
    await ended;
    clearTimeout(killing);
    rmSync(state, { recursive: true, force: true });
  };
  let errors = "";
  shop.stderr.on("data", (text) => (errors += text));
  const up = new Promise((resolve) => {
    let said = "";
    // It prints its addresses once every service answers.
    shop.stdout.on("data", (text) => {
      said += text;
      if (said.includes("stop with Ctrl-C")) resolve("up");
    });
  });
  const outcome = await Promise.race([up, ended, after(START_MS)]);
  if (outcome === "up") return { state, end };
  await end();
  const why = errors.trim() || outcome?.message || "it said nothing";
  throw new Error(`the shop does not start: ${why}\nIf another shop is running, name its folder: SHOP_STATE=/run/user/1000/wirereel-shop`);
}

/**
 * A shop that is running already, and stays when the run is over.
 *
 * @param {string} state its folder
 */
export async function findShop(state) {
  await tell(state, { to: "shop", send: "status" }).catch((error) => {
    throw new Error(`no shop answers in ${state} (${error.message}); wirereel-shop run --state ${state} starts one there`);
  });
  return { state, end: async () => {} };
}

/**
 * Sends one order to a shop's process: a line of JSON each way (crates/shop/src/control.rs).
 *
 * @param {string} state the shop's folder
 * @param {{ to: string, send: object | string }} order `to` is a service, or `shop`
 */
export function tell(state, { to, send }) {
  const crash = send.fault?.kind === "crash";
  return new Promise((resolve, reject) => {
    const socket = connect(join(state, `${to}.sock`));
    let reply = "";
    socket.setTimeout(REPLY_MS, () => socket.destroy(new Error("no reply")));
    socket.on("connect", () => socket.write(`${JSON.stringify(send)}\n`));
    socket.on("data", (text) => {
      reply += text;
      if (reply.endsWith("\n")) socket.end();
    });
    let lost;
    socket.on("error", (error) => (lost = error));
    socket.on("close", () => {
      // Who crashes cannot reply: that there is none is how one knows.
      if (crash && reply === "" && (lost === undefined || lost.code === "ECONNRESET")) resolve();
      else if (lost) reject(new Error(`${to}: ${lost.message}`));
      else if (reply.startsWith('{"Done"') && !crash) resolve();
      else reject(new Error(`${to}: ${reply.trim() || "no reply"}`));
    });
  });
}

/** The requests that a service of the shop served, from its log. */
export function served(state, service) {
  const lines = readFileSync(join(state, `${service}.jsonl`), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());
