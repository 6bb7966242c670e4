// Node, but with stores and effects compiled as for a browser: without it `$effect` does nothing in tests.

import type { Environment } from "vitest/runtime";

export default {
  name: "stores",
  viteEnvironment: "client",
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment;
