// Browser tests against the real web host: a running one (WIREREEL_URL, with a fresh token), or the program WIREREEL_BIN,
// which `e2e/host.ts` starts with a new workspace for every worker and for every file that asks for its own.
// `npm run e2e -- --no-deps customers` runs one file and nothing else.

import { defineConfig } from "@playwright/test";

/** Nothing may run beside a test that captures the loopback interface, where it would see the traffic of others, or that measures times. */
const ALONE = /@alone/;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  timeout: 40_000,
  expect: { timeout: 8_000 },
  fullyParallel: false,
  // Each has its own host and its own browser. One host that is running already is shared by all tests.
  workers: process.env["WIREREEL_URL"] === undefined ? 2 : 1,
  projects: [
    // A teardown runs after a project, also when it failed.
    { name: "together", grepInvert: ALONE, teardown: "alone" },
    { name: "alone", grep: ALONE, workers: 1 },
  ],
  // Not on a developer's machine: there a test that fails once is looked at.
  retries: process.env["CI"] === undefined ? 0 : 1,
  reporter: process.env["CI"] === undefined ? "list" : "line",
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    // A trace takes a sixth of all time: where a test that failed is run again, the second run has one.
    trace: process.env["CI"] === undefined ? { mode: "retain-on-failure", screenshots: false } : "on-first-retry",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
