import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Backend } from "./backend";
import { ApiError } from "./error";
import { pull, useBackend, type Pulled } from "./index";

beforeEach(() => {
  vi.useFakeTimers();
  useBackend({} as Backend);
});
afterEach(() => vi.useRealTimers());

/** A pull whose questions are numbers and whose answers come by hand. */
function pulling(settleMs = 0) {
  const asked: { question: number; answer: (value: string) => void; refuse: (error: ApiError) => void }[] = [];
  let question = $state<number | null>(1);
  let generation = $state(0);
  let pulled!: Pulled<string>;
  const end = $effect.root(() => {
    pulled = pull({
      lane: "test",
      settleMs,
      question: () => question,
      generation: () => generation,
      ask: (_, number) =>
        new Promise<string>((answer, refuse) => {
          asked.push({ question: number, answer, refuse });
        }),
    });
  });
  const passMs = async (ms: number): Promise<void> => {
    flushSync();
    await vi.advanceTimersByTimeAsync(ms);
  };
  return {
    asked,
    pulled,
    end,
    passMs,
    ask: (next: number | null) => (question = next),
    addRows: () => (generation += 1),
  };
}

describe("pulling", () => {
  it("asks, answers, and keeps the answer while the next one is on its way", async () => {
    const { asked, pulled, passMs, ask, end } = pulling();
    expect(pulled.pending).toBe(true);
    await passMs(0);
    asked[0]?.answer("one");
    await passMs(0);
    expect([pulled.value, pulled.pending]).toEqual(["one", false]);
    ask(2);
    await passMs(0);
    expect([asked[1]?.question, pulled.value]).toEqual([2, "one"]);
    end();
  });

  it("drops the answer to a question that has changed", async () => {
    const { asked, pulled, passMs, ask, end } = pulling();
    await passMs(0);
    ask(2);
    await passMs(0);
    asked[1]?.answer("two");
    asked[0]?.answer("one");
    await passMs(0);
    expect(pulled.value).toBe("two");
    end();
  });

  it("waits until the question has settled", async () => {
    const { asked, passMs, ask, end } = pulling(100);
    await passMs(60);
    ask(2);
    await passMs(60);
    expect(asked).toHaveLength(0);
    await passMs(60);
    expect(asked.map(({ question }) => question)).toEqual([2]);
    end();
  });

  it("added rows ask again, but neither interrupt an answer nor ask more than twice a second", async () => {
    const { asked, pulled, passMs, addRows, end } = pulling();
    await passMs(0);
    for (let n = 0; n < 5; n += 1) {
      addRows();
      await passMs(20);
    }
    expect(asked).toHaveLength(1);
    asked[0]?.answer("early");
    await passMs(0);
    expect(pulled.value).toBe("early");
    await passMs(600);
    expect(asked).toHaveLength(2);
    end();
  });

  it("a slow answer shows as slow after 150 ms", async () => {
    const { asked, pulled, passMs, end } = pulling();
    await passMs(100);
    expect(pulled.slow).toBe(false);
    await passMs(100);
    expect(pulled.slow).toBe(true);
    asked[0]?.answer("late");
    await passMs(0);
    expect(pulled.slow).toBe(false);
    end();
  });

  it("an error keeps the last answer and goes away with the next; a superseded question is no error", async () => {
    const { asked, pulled, passMs, ask, end } = pulling();
    await passMs(0);
    asked[0]?.answer("one");
    await passMs(0);
    ask(2);
    await passMs(0);
    asked[1]?.refuse(new ApiError("internal", "The disk is full."));
    await passMs(0);
    expect([pulled.value, pulled.error?.code]).toEqual(["one", "internal"]);
    pulled.again();
    await passMs(0);
    asked[2]?.refuse(new ApiError("superseded", ""));
    await passMs(0);
    expect(pulled.error?.code).toBe("internal");
    pulled.again();
    await passMs(0);
    asked[3]?.answer("two");
    await passMs(0);
    expect([pulled.value, pulled.error]).toEqual(["two", null]);
    end();
  });

  it("nothing to ask clears the answer", async () => {
    const { asked, pulled, passMs, ask, end } = pulling();
    await passMs(0);
    asked[0]?.answer("one");
    await passMs(0);
    ask(null);
    await passMs(0);
    expect([pulled.value, pulled.pending]).toEqual([null, true]);
    end();
  });
});
