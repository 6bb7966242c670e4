// `make demo` in small: the shop, its customers, the capture and the page, with a crash and a recovery in twenty seconds.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { ask, expect, test } from "./host";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const truth = JSON.parse(readFileSync(join(repository, "sample-pcaps/shop-edges.json"), "utf8")) as {
  services: string[];
};
const NOT_HERE = 75;
const GATEWAY = "127.0.1.11";
const SALE = {
  name: "short sale",
  entry: { url: `http://${GATEWAY}:8080`, host: "api-gateway" },
  addresses: 60,
  load: {
    model: "arrivals",
    start: 4,
    stages: [
      { for: "6s", to: 10 },
      { for: "14s", to: 7 },
    ],
    virtual_users: 80,
  },
  think: { least: "100ms", most: "400ms" },
  mix: { browse: 2, search: 1, purchase: 4, reserve: 5 },
  faults: [{ kind: "crash", service: "payment-service", at: "6s", until: "11s" }],
};

interface Incident {
  service: string;
  kind: string;
  range: { from_us: number; to_us: number };
}
interface Figure {
  name: string;
  value: number | null;
  unit: string;
}

/** k6 where this machine has it; without it the shop's own crowd comes. */
function k6(): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const fetched = join(cache, "wirereel/k6-1.1.0/bin/k6");
  return process.env["K6"] ?? (existsSync(fetched) ? fetched : "");
}

class Demo {
  readonly folder = mkdtempSync(join(tmpdir(), "wirereel-demo-"));
  said = "";
  private readonly child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(program: string) {
    const scenario = join(this.folder, "sale.json");
    writeFileSync(scenario, JSON.stringify(SALE));
    const own = { WIREREEL_PROGRAMS: dirname(program), WIREREEL_DEMO: join(this.folder, "demo"), SCENARIO: scenario };
    this.child = spawn(process.execPath, [join(repository, "scripts/demo.mjs")], {
      env: { ...process.env, ...own, DEMO_HOSTS: "browser", K6: k6() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (text: Buffer) => (this.said += text.toString()));
    this.ended = once(this.child, "exit");
  }

  get code(): number | null {
    return this.child.exitCode;
  }

  /** The page's address; nothing when it ended instead. */
  async url(): Promise<string | undefined> {
    const address = /^ {2}(http:\/\/\S+)$/m;
    await expect.poll(() => address.test(this.said) || this.code !== null, { timeout: 30_000 }).toBe(true);
    return address.exec(this.said)?.[1];
  }

  async end(): Promise<void> {
    this.child.kill("SIGINT");
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const services = async (page: Page): Promise<string[]> =>
  page
    .getByRole("listbox", { name: /^Services and their calls/ })
    .getByRole("option")
    .allTextContents();

/** A picture for whoever wants to see it: among the test's results, and in DEMO_PICTURES where that names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["DEMO_PICTURES"];
  const path = folder === undefined ? test.info().outputPath(`${name}.png`) : join(folder, `${name}.png`);
  await page.screenshot({ path });
}

test(
  "the flash sale is seen as it happens: 15 services, customers, a crash, and the recovery",
  { tag: "@alone" },
  async ({ browser }) => {
    test.setTimeout(120_000);
    const program = process.env["WIREREEL_BIN"];
    test.skip(program === undefined, "WIREREEL_BIN names no program");
    const demo = new Demo(program ?? "");
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    try {
      const url = await demo.url();
      test.skip(demo.code === NOT_HERE, demo.said);
      expect(url, demo.said).toBeDefined();
      await page.goto(url ?? "");

      // While it is under way.
      for (const service of [...truth.services, "Customers"])
        await expect
          .poll(async () => (await services(page)).some((text) => text.startsWith(`${service}: `)), { timeout: 30_000 })
          .toBe(true);
      const nodes = (await services(page)).filter((text) => !/^\S+ to \S+: /.test(text));
      expect(nodes).toHaveLength(truth.services.length + 1);
      await expect(page.getByText(/entry point api-gateway/)).not.toContainText("guessed");
      await expect.poll(() => demo.said, { timeout: 30_000 }).toMatch(/^ {2}\d:\d\d payment-service recovers/m);
      await picture(page, "live");

      // When it is over.
      await expect.poll(() => demo.said, { timeout: 60_000 }).toContain("The sale is over.");
      const crash = async (): Promise<Incident | undefined> => {
        const incidents = (await ask(page, "incidents", {})) as Incident[];
        return incidents.find(({ kind, service }) => kind === "crash" && service === "payment-service");
      };
      await expect.poll(crash, { timeout: 20_000 }).toBeDefined();
      const { from_us, to_us } = (await crash())?.range ?? { from_us: 0, to_us: 0 };
      expect(to_us - from_us).toBeGreaterThan(3e6);
      await expect(page.locator("#reel-summary")).toContainText("payment-service crashed", { timeout: 10_000 });
      const paid = `SELECT count(*) FROM http_exchanges
      WHERE server_service = 'payment-service' AND status < 300 AND epoch_us(started_at) >= ${to_us - 1e6}`;
      const answer = (await ask(page, "sql", { query: paid })) as { rows: number[][] };
      expect(answer.rows[0]?.[0]).toBeGreaterThan(3);

      await page.keyboard.press("0");
      await picture(page, "after");
      if (k6() !== "") {
        const figures = JSON.parse(readFileSync(join(demo.folder, "demo/agreement.json"), "utf8")) as Figure[];
        const of = (what: string, whose: string) => figures.find(({ name }) => name === `${what}: ${whose}`)?.value;
        for (const what of ["all: requests", "all: failed", "all: turned away", "connections", "addresses"])
          expect(of(what, "Wirereel"), what).toBe(of(what, "k6"));
        expect(of("all: requests", "k6")).toBeGreaterThan(200);
      }
    } finally {
      await page.close();
      await demo.end();
    }
    // It takes everything along.
    const refused = await new Promise<boolean>((done) => {
      const socket = connect(8080, GATEWAY);
      socket.on("connect", () => done(false)).on("error", () => done(true));
      socket.on("close", () => socket.destroy());
    });
    expect(refused).toBe(true);
  },
);
