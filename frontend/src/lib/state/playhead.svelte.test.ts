import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppState, ImportProgress } from "../backend";
import { playhead } from "./playhead.svelte";
import { recording } from "./recording.svelte";
import { selection } from "./selection.svelte";

function record(from_us: number, to_us: number): void {
  recording.app = { recording: { recording_id: "r", range: { from_us, to_us } } } as unknown as AppState;
}

beforeEach(() => {
  vi.useFakeTimers();
  record(1_000_000, 61_000_000);
  selection.clear();
  playhead.moveTo(null);
  playhead.settle();
  playhead.speed = 10;
});
afterEach(() => vi.useRealTimers());

describe("the playhead", () => {
  it("follows the end until it is put somewhere", () => {
    expect(playhead.at).toBe(61_000_000);
    record(1_000_000, 71_000_000);
    expect(playhead.at).toBe(71_000_000);
    playhead.moveTo(5_000_000);
    record(1_000_000, 81_000_000);
    expect(playhead.at).toBe(5_000_000);
  });

  it("is nowhere without a recording and never outside it", () => {
    playhead.moveTo(99_000_000);
    expect(playhead.at).toBe(61_000_000);
    recording.app = null;
    expect(playhead.at).toBeNull();
  });

  it("settles a moment after the last move, and at the end of a drag", () => {
    playhead.moveTo(5_000_000);
    expect(playhead.settledAt).toBe(61_000_000);
    vi.advanceTimersByTime(200);
    expect(playhead.settledAt).toBe(5_000_000);

    playhead.beginDrag();
    playhead.moveTo(7_000_000);
    vi.advanceTimersByTime(1000);
    expect([playhead.at, playhead.settledAt]).toEqual([7_000_000, 5_000_000]);
    playhead.endDrag();
    expect(playhead.settledAt).toBe(7_000_000);
  });

  it("plays at its speed and stops at the end", () => {
    playhead.moveTo(5_000_000);
    playhead.play();
    playhead.advance(100);
    expect(playhead.at).toBe(6_000_000);
    playhead.speed = 600;
    playhead.advance(1000);
    expect([playhead.at, playhead.playing, playhead.settledAt]).toEqual([61_000_000, false, 61_000_000]);
  });

  it("reaching the end of a recording that grows goes live and follows it, until it is put somewhere", () => {
    recording.import = { state: "running" } as unknown as ImportProgress;
    playhead.moveTo(60_000_000);
    playhead.play();
    playhead.advance(1000);
    expect([playhead.live, playhead.playing, playhead.at]).toEqual([true, false, 61_000_000]);
    record(1_000_000, 71_000_000);
    expect([playhead.at, playhead.settledAt]).toEqual([71_000_000, 71_000_000]);
    playhead.leaveLive();
    record(1_000_000, 81_000_000);
    expect([playhead.live, playhead.at]).toEqual([false, 71_000_000]);
    recording.import = null;
  });

  it("sent to the end of a recording that does not grow stands there", () => {
    playhead.moveTo(5_000_000);
    playhead.goLive();
    expect([playhead.live, playhead.at, playhead.placed]).toEqual([false, 61_000_000, null]);
  });

  it("played from the end starts over, at the start of the range if there is one", () => {
    playhead.play();
    expect(playhead.at).toBe(1_000_000);
    playhead.pause();
    selection.setRange({ from_us: 40_000_000, to_us: 30_000_000 });
    playhead.moveTo(null);
    playhead.play();
    expect(playhead.at).toBe(30_000_000);
    playhead.pause();
  });
});
