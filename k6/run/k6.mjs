// Runs k6: what it says on its console comes out line by line, and it ends within a time.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What k6 returns when all went well but a threshold was missed. */
export const MISSED = 99;
/** From "please end" to the end: k6 writes its summary meanwhile. */
const END_MS = 10_000;

/**
 * @param {string} program path of k6
 * @param {{ script: string, addresses: string[], environment: Record<string, string>, limit_s: number }} what
 * @param {(order: object) => void} onOrder called for each order of the faults' virtual user
 * @param {(line: string) => void} onLine called for what else k6 has to say
 * @returns {{ end: () => void, ended: Promise<number> }} `ended` has k6's exit code, -1 where a signal ended it
 */
export function startK6(program, { script, addresses, environment, limit_s }, onOrder, onLine) {
  const from = addresses.length > 0 ? ["--local-ips", addresses.join(",")] : [];
  // Without `--address` k6 would open a port of its own; without `--no-usage-report` it would call home.
  const quiet = ["--quiet", "--no-color", "--no-usage-report", "--address", "", "--log-format", "json"];
  // A group of its own: this program tells it to end, once.
  const k6 = spawn(program, ["run", ...quiet, ...from, script], {
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  createInterface({ input: k6.stderr }).on("line", (line) => heard(line, onOrder, onLine));
  let killing;
  const end = () => {
    k6.kill("SIGINT");
    killing ??= setTimeout(() => k6.kill("SIGKILL"), END_MS);
  };
  const limit = setTimeout(end, limit_s * 1000);
  const ended = new Promise((resolve, reject) => {
    k6.on("error", (error) => reject(new Error(`k6 does not start: ${error.message}`)));
    k6.on("close", (code) => resolve(code ?? -1));
  }).finally(() => {
    clearTimeout(limit);
    clearTimeout(killing);
  });
  return { end, ended };
}

function heard(line, onOrder, onLine) {
  const entry = parsed(line);
  if (!entry) return onLine(line);
  const order = entry.source === "console" ? parsed(entry.msg)?.order : undefined;
  if (order) return onOrder(order);
  // Requests without an answer are counted; a line for each would hide everything else.
  if (entry.msg !== "Request Failed") onLine(entry.error ? `${entry.msg}: ${entry.error}` : entry.msg);
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}
