// Live capture through the page: start, watch traffic appear, follow it, stop.

import { ask, closeRecording, expect, test } from "./host";
import { request, serve } from "./traffic";

interface Exchanges {
  rows: [number][];
}

test(
  "traffic shows within seconds, the reel follows it, and it stays after the stop",
  { tag: "@alone" },
  async ({ app }) => {
    const found = (await ask(app, "capture_interfaces", {})) as { hindrance: string | null };
    test.skip(found.hindrance !== null, found.hindrance ?? "");
    await closeRecording(app);
    const { web, port } = await serve();
    await expect(app.getByRole("checkbox", { name: /^lo\b/ })).toBeChecked();
    await app.locator(".way").getByRole("button", { name: "Start capture" }).click();
    const control = app.getByRole("group", { name: "Capture" });
    await expect(control).toContainText("Capturing");

    const counted = async (): Promise<number> => {
      const query = `SELECT count(*) FROM http_exchanges WHERE path = '/seen' AND server_port = ${port}`;
      const answer = (await ask(app, "sql", { query })) as Exchanges;
      return answer.rows[0]?.[0] ?? 0;
    };
    for (let n = 0; n < 5; n += 1) await request(port);
    const asked = Date.now();
    await expect.poll(counted, { intervals: [100], timeout: 10_000 }).toBe(5);
    test.info().annotations.push({ type: "shown after", description: `${Date.now() - asked} ms` });

    await expect(app.getByText(/^[\d,]+ requests?/).first()).toBeVisible({ timeout: 10_000 });
    await control.getByRole("button", { name: "Stop" }).click();
    await expect(control).toContainText("Stopped", { timeout: 10_000 });
    expect(await counted()).toBe(5);
    const own = `SELECT count(*) FROM flows WHERE server_port = ${new URL(app.url()).port}`;
    expect(((await ask(app, "sql", { query: own })) as Exchanges).rows[0]?.[0]).toBe(0);
    web.close();
  },
);
