import { describe, expect, it } from "vitest";
import type { Passing, PassingEvent, TimeRange } from "../backend";
import { Ahead } from "./ahead";

const event = (at_us: number): PassingEvent => ({
  at_us,
  kind: "request",
  client: "order",
  server: "payment",
  flow_id: 1,
  exchange_id: at_us,
  label: null,
  status: null,
  failed: false,
});

/** A host that knows events at these instants. */
function host(...instants: number[]) {
  const asked: (TimeRange & { limit: number })[] = [];
  const ask = async (range: TimeRange, limit: number): Promise<Passing> => {
    asked.push({ ...range, limit });
    const inside = instants.filter((at) => at >= range.from_us && at < range.to_us);
    const events = inside.slice(0, limit).map(event);
    const truncated = inside.length > limit;
    return { range, events, truncated, complete_to_us: truncated ? (inside[limit] ?? 0) : range.to_us };
  };
  return { asked, ahead: new Ahead(ask) };
}

const times = (events: PassingEvent[]): number[] => events.map(({ at_us }) => at_us);
const answered = (): Promise<void> => new Promise((after) => setTimeout(after));

/** Plays in frames of 20 ms of the wall and gives everything that passed. */
async function play(ahead: Ahead, from: number, to: number, speed: number): Promise<number[]> {
  const passed: number[] = [];
  for (let at = from; at <= to; at += 20_000 * speed) {
    passed.push(...times(ahead.pass(at, speed)));
    await answered();
  }
  return passed;
}

describe("events ahead of the playhead", () => {
  it("are each handed out once, in order, when the playhead passes them", async () => {
    const instants = [10_000, 10_000, 40_000, 1_499_999, 1_500_000, 2_999_999, 4_000_000];
    const { ahead } = host(...instants);
    expect(await play(ahead, 0, 4_500_000, 1)).toEqual(instants);
  });

  it("are asked for before the window ends, one window after the other without a hole", async () => {
    const { ahead, asked } = host();
    await play(ahead, 0, 5_000_000, 1);
    expect(asked.length).toBeGreaterThan(2);
    asked.forEach(({ from_us }, n) => expect(from_us).toBe(n === 0 ? 0 : asked[n - 1]?.to_us));
  });

  it("are dropped by a jump: nothing of the old place passes any more", async () => {
    const { ahead, asked } = host(500_000, 60_000_000);
    await play(ahead, 0, 400_000, 1);
    expect(times(ahead.pass(59_900_000, 1))).toEqual([]);
    await answered();
    expect(asked.at(-1)?.from_us).toBe(59_900_000);
    expect(await play(ahead, 59_920_000, 60_100_000, 1)).toEqual([60_000_000]);
    expect(await play(ahead, 0, 600_000, 1)).toEqual([500_000]);
  });

  it("are not taken from an answer that comes after the playhead stopped", async () => {
    const { ahead } = host(10_000);
    ahead.pass(0, 1);
    ahead.drop();
    await answered();
    expect(times(ahead.pass(20_000, 1))).toEqual([]);
  });

  it("at 1× are all shown, however many they are", async () => {
    const many = Array.from({ length: 5000 }, (_, n) => n * 200);
    const { ahead } = host(...many);
    expect(await play(ahead, 0, 1_200_000, 1)).toEqual(many);
  });

  it("at 10× give way to figures while they are too many, and come back", async () => {
    const burst = Array.from({ length: 1000 }, (_, n) => n * 1000);
    const { ahead } = host(...burst, 20_000_000);
    ahead.pass(0, 10);
    await answered();
    expect(ahead.crowded).toBe(true);
    expect(await play(ahead, 200_000, 21_000_000, 10)).toEqual([20_000_000]);
    expect(ahead.crowded).toBe(false);
  });
});
