// A WebDriver client: as much of W3C WebDriver as the window tests say, and no more.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The key under which WebDriver passes elements (W3C WebDriver §12). */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

const PORT = 4474;
const NATIVE_PORT = 4475;

/** Polls `look` until it gives something truthy; fails with `what` after `limit` milliseconds. */
export async function until(what, look, limit = 20_000) {
  const deadline = Date.now() + limit;
  let last;
  do {
    try {
      const found = await look();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  } while (Date.now() < deadline);
  throw new Error(`waited ${limit} ms in vain for ${what}`, { cause: last });
}

async function ask(method, path, body) {
  const response = await fetch(`http://127.0.0.1:${PORT}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
  return value;
}

/** Starts tauri-driver, which starts WebKitWebDriver. Gives a function that ends both. */
export async function startDriver() {
  const driver = spawn("tauri-driver", ["--port", String(PORT), "--native-port", String(NATIVE_PORT)], { stdio: "inherit" });
  await until("tauri-driver to listen", async () => (await fetch(`http://127.0.0.1:${PORT}/status`)).ok);
  return () => driver.kill();
}

/** Running windows with this text in their command line. Whoever started the script may have it in theirs as well. */
function processesWith(text) {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return program.endsWith("wirereel-app") && args.join(" ").includes(text);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

/**
 * Waits until the program has ended whose command line has this text. Its driver ends it after the session, but not when the driver itself is
 * ended too soon: a program that outlives the session for long is ended here.
 */
export async function ended(text) {
  try {
    await until("the program to end", () => processesWith(text).length === 0, 10_000);
  } catch {
    for (const pid of processesWith(text)) process.kill(Number(pid));
    await until("the program to end when it is told to", () => processesWith(text).length === 0, 20_000);
  }
}

/** The program in a window of its own. */
export class Window {
  #session;

  constructor(session) {
    this.#session = session;
  }

  static async open(application, args) {
    const capabilities = { alwaysMatch: { "tauri:options": { application, args } } };
    const { sessionId } = await ask("POST", "/session", { capabilities });
    return new Window(`/session/${sessionId}`);
  }

  close() {
    return ask("DELETE", this.#session);
  }

  title() {
    return ask("GET", `${this.#session}/title`);
  }

  /** What the body of an async function returns in the page; `arguments` are passed to it. */
  script(body, ...args) {
    return ask("POST", `${this.#session}/execute/sync`, { script: `return (async () => { ${body} })()`, args });
  }

  /** The first element that the CSS selector finds; null when there is none. */
  async find(css) {
    const elements = await ask("POST", `${this.#session}/elements`, { using: "css selector", value: css });
    return elements.length > 0 ? elements[0][ELEMENT] : null;
  }

  async count(css) {
    const elements = await ask("POST", `${this.#session}/elements`, { using: "css selector", value: css });
    return elements.length;
  }

  text(element) {
    return ask("GET", `${this.#session}/element/${element}/text`);
  }

  click(element) {
    return ask("POST", `${this.#session}/element/${element}/click`, {});
  }

  /** Empties a field. */
  clear(element) {
    return ask("POST", `${this.#session}/element/${element}/clear`, {});
  }

  /** Types text into an element, key by key. */
  type(element, text) {
    return ask("POST", `${this.#session}/element/${element}/value`, { text });
  }

  /** Where an element is, in CSS pixels of the page. */
  rect(element) {
    return ask("GET", `${this.#session}/element/${element}/rect`);
  }

  /** Presses the pointer at `from`, moves to `to` in steps, and lets go. Points are `{ x, y }` in CSS pixels. */
  drag(from, to, steps = 8) {
    const way = Array.from({ length: steps }, (_, i) => (i + 1) / steps);
    return this.dragAlong([from, ...way.map((part) => ({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }))], 20);
  }

  /** Presses the pointer at the first point, moves from point to point in `stepMs` each, and lets go. */
  dragAlong([first, ...points], stepMs) {
    const move = ({ x, y }, duration) => ({ type: "pointerMove", duration, x: Math.round(x), y: Math.round(y), origin: "viewport" });
    const actions = [
      move(first, 0),
      { type: "pointerDown", button: 0 },
      ...points.map((point) => move(point, stepMs)),
      { type: "pointerUp", button: 0 },
    ];
    const pointer = { type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions };
    return ask("POST", `${this.#session}/actions`, { actions: [pointer] });
  }

  /** The window's content as PNG bytes. */
  async screenshot() {
    return Buffer.from(await ask("GET", `${this.#session}/screenshot`), "base64");
  }
}
