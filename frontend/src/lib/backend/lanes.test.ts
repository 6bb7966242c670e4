import { describe, expect, it } from "vitest";
import { Lanes } from "./lanes";

/** A question that is answered by hand. */
function open<A>(): { promise: Promise<A>; answer: (value: A) => void } {
  let answer!: (value: A) => void;
  const promise = new Promise<A>((resolve) => (answer = resolve));
  return { promise, answer };
}

describe("lanes", () => {
  it("a newer question of a lane supersedes the older one", async () => {
    const lanes = new Lanes();
    const older = open<number>();
    let aborted = false;
    const first = lanes.run("density", (signal) => {
      signal.addEventListener("abort", () => (aborted = true));
      return older.promise;
    });
    const second = lanes.run("density", async () => 2);
    older.answer(1);
    await expect(first).rejects.toMatchObject({ code: "superseded" });
    await expect(second).resolves.toBe(2);
    expect(aborted).toBe(true);
  });

  it("lanes do not disturb one another", async () => {
    const lanes = new Lanes();
    const slow = open<string>();
    const first = lanes.run("density", () => slow.promise);
    await lanes.run("topology", async () => "graph");
    slow.answer("histogram");
    await expect(first).resolves.toBe("histogram");
  });

  it("questions without a lane all run", async () => {
    const lanes = new Lanes();
    const answers = await Promise.all([lanes.run(undefined, async () => 1), lanes.run(undefined, async () => 2)]);
    expect(answers).toEqual([1, 2]);
  });
});
