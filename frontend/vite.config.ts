import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** `npm run dev` passes questions on to a running `wirereel serve`. Open the dev server with the token that it printed. */
const host = process.env["WIREREEL_URL"] ?? "http://127.0.0.1:7878";
/** The host answers only to its own name and origin. */
const passOn = { target: host, changeOrigin: true, headers: { origin: host } };

export default defineConfig({
  plugins: [svelte()],
  // Tests run the stores as a browser would.
  resolve: process.env["VITEST"] === undefined ? {} : { conditions: ["browser"] },
  build: {
    target: "es2022",
    // The content security policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: {
    strictPort: true,
    port: 5173,
    proxy: { "/api": passOn, "/export": passOn, "^/\\?token=": passOn },
  },
  test: { include: ["src/**/*.test.ts"], environment: "./vitest.environment.ts" },
});
