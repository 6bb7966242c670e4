import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type Backend, type ProbeQuestion, type ProbesQuestion } from "../backend";
import { probesView, watched } from "../state";
import { listing, ProbesModel } from "./probes.svelte";
import { probe, probes } from "./testkit";

/** A host with these probes. */
function host(...first: string[]) {
  const asked: ProbesQuestion[] = [];
  const details: ProbeQuestion[] = [];
  let names = first;
  const made: Partial<Backend> = {
    probes: (question) => {
      asked.push(question);
      return Promise.resolve(probes(names.map((name) => probe({ probe: name }))));
    },
    probe: (question) => {
      details.push(question);
      return new Promise(() => undefined);
    },
  };
  useBackend(made as Backend);
  let model!: ProbesModel;
  const end = $effect.root(() => {
    model = new ProbesModel();
  });
  const passMs = async (ms: number): Promise<void> => {
    flushSync();
    await vi.advanceTimersByTimeAsync(ms);
    flushSync();
  };
  return { asked, details, model, end, passMs, become: (...next: string[]) => (names = next) };
}

beforeEach(() => {
  vi.useFakeTimers();
  probesView.place = { probe: null, list: "list", tab: "path", failing: false, runUs: null };
  listing.search = "";
  watched.clear();
});
afterEach(() => vi.useRealTimers());

describe("the list of probes", () => {
  it("goes on looking at what stood first when nobody chose", async () => {
    const { model, details, passMs, become, end } = host("a", "b");
    await passMs(200);
    expect([model.probe, model.index]).toEqual(["a", 0]);
    become("b", "a");
    model.again();
    await passMs(700);
    expect([model.probe, model.index]).toEqual(["a", 1]);
    expect(details).toEqual([{ probe: "a", columns: 60 }]);
    end();
  });

  it("looks at the first again when the chosen one is gone", async () => {
    const { model, passMs, become, end } = host("a", "b");
    probesView.probe = "b";
    await passMs(200);
    expect(model.probe).toBe("b");
    become("c");
    model.forgetProbe();
    await passMs(700);
    expect(model.probe).toBe("c");
    end();
  });

  it("is asked for again while figures end now", async () => {
    const { asked, passMs, end } = host("a");
    await passMs(200);
    const before = asked.length;
    await passMs(10_500);
    expect(asked.length).toBe(before + 1);
    end();
  });

  it("is asked once for what was typed, when typing rests", async () => {
    const { asked, passMs, end } = host("a");
    await passMs(200);
    const before = asked.length;
    for (const text of ["c", "ca", "cat"]) {
      listing.search = text;
      await passMs(40);
    }
    await passMs(200);
    expect(asked.slice(before)).toEqual([{ search: "cat" }]);
    end();
  });

  it("asks for the path of the chosen time, of a month at most", async () => {
    const { details, passMs, end } = host("a");
    await passMs(200);
    watched.choose({ from_us: 0, to_us: 40 * 86_400e6 });
    await passMs(200);
    expect(details.at(-1)?.range).toEqual({ from_us: 9 * 86_400e6, to_us: 40 * 86_400e6 });
    end();
  });
});

describe("the chosen probe", () => {
  it("does not keep the single probe of another one", () => {
    probesView.probe = "a";
    probesView.runUs = 5;
    probesView.probe = "a";
    expect(probesView.runUs).toBe(5);
    probesView.probe = "b";
    expect(probesView.runUs).toBeNull();
  });
});
