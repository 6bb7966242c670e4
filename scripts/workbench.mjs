// A workbench that runs in a folder, asked by its Unix socket (docs/api.md), and the rows of one that does not run.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const PATIENCE_MS = 20_000;

/** Nobody runs in the folder. */
export class Nobody extends Error {}

/**
 * Asks a running workbench: one line of JSON each way.
 *
 * @param {string} folder its workspace
 * @param {string} command as in docs/api.md
 * @param {object} args
 */
export function ask(folder, command, args = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(join(folder, "control", "socket"));
    let reply = "";
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`${command}: no answer in ${PATIENCE_MS / 1000} s`)));
    socket.on("connect", () => socket.write(`${JSON.stringify({ command, args })}\n`));
    socket.on("data", (text) => (reply += text));
    socket.on("error", ({ code, message }) => {
      const isNobody = code === "ENOENT" || code === "ECONNREFUSED";
      reject(isNobody ? new Nobody(`no workbench is running in ${folder}`) : new Error(message));
    });
    socket.on("close", () => {
      if (reply === "") return reject(new Error(`${command}: the workbench went away`));
      const { ok, error } = JSON.parse(reply);
      return error ? reject(new Error(`${command}: ${error.message}`)) : resolve(ok);
    });
  });
}

/**
 * The rows of a query as objects, of the live recording: from the workbench that runs in the folder, or from what one left there.
 *
 * @param {string} program path of `wirereel`
 * @param {string} folder
 * @param {string} query
 */
export async function rows(program, folder, query) {
  try {
    const { columns, rows: found } = await ask(folder, "sql", { query });
    return found.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place]])));
  } catch (error) {
    if (!(error instanceof Nobody)) throw error;
  }
  const live = join(folder, "live");
  const workspace = existsSync(live) ? live : folder;
  const { stdout } = await promisify(execFile)(program, ["sql", "--format", "json", "--workspace", workspace, query], {
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout);
}

/** Asks again until it holds; the answer that did. */
export async function until(what, asked, holds, patience_ms = 60_000) {
  const began = Date.now();
  for (;;) {
    const found = await asked();
    if (holds(found)) return found;
    if (Date.now() - began > patience_ms) throw new Error(`waited in vain for ${what}: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
