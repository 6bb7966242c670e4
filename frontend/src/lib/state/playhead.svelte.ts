// The instant that is looked at, and replay.

import { recording } from "./recording.svelte";
import { selection } from "./selection.svelte";

export const SPEEDS = [1, 10, 60, 600] as const;
export type Speed = (typeof SPEEDS)[number];

/** A moved playhead counts as settled after so long without another move. */
const SETTLE_MS = 150;
/** While playing, what follows the settled playhead is asked at most so often. */
const SETTLE_WHILE_PLAYING_MS = 500;

class Playhead {
  playing = $state(false);
  /** True while it is dragged. */
  dragging = $state(false);
  speed = $state<Speed>(10);
  /** True while it follows the growing end and takes range and window along. Leaving it stops nothing but that. */
  live = $state(false);

  #placed = $state<number | null>(null);
  #settled = $state<number | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settledTick = 0;

  /** Where it is in microseconds: where it was put, else the end of the recording; null while nothing was read. Moves every frame. */
  get at(): number | null {
    const range = recording.range;
    if (range === null) return null;
    return clamp(this.#placed ?? range.to_us, range.from_us, range.to_us);
  }

  /** As `at`, but changes only when a drag or a run of moves has ended, and twice a second during play. Pull with it. */
  get settledAt(): number | null {
    const range = recording.range;
    if (range === null) return null;
    return clamp(this.#settled ?? range.to_us, range.from_us, range.to_us);
  }

  /** True while it moves by itself or by hand: panes show the instant instead of the range. */
  get moving(): boolean {
    return this.playing || this.dragging;
  }

  /** Where it was put; null while it follows the end. */
  get placed(): number | null {
    return this.#settled;
  }

  /** Puts it at an instant; null lets it follow the end of the recording. */
  moveTo(atUs: number | null): void {
    this.live = false;
    this.#placed = atUs === null ? null : Math.round(atUs);
    if (this.dragging) return;
    if (this.playing) {
      const now = performance.now();
      if (now - this.#settledTick < SETTLE_WHILE_PLAYING_MS) return;
      this.#settledTick = now;
      this.#settled = this.#placed;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.settle(), SETTLE_MS);
  }

  /** Lets panes follow at once. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#settled = this.#placed;
  }

  beginDrag(): void {
    this.dragging = true;
  }

  endDrag(): void {
    this.dragging = false;
    this.settle();
  }

  /** Goes to the end; while the recording grows, goes on with it. */
  goLive(): void {
    if (recording.range === null) return;
    this.pause();
    this.moveTo(null);
    this.settle();
    this.live = recording.growing;
  }

  /** Stays where it is while the recording goes on. */
  leaveLive(): void {
    if (!this.live) return;
    this.moveTo(this.at);
    this.settle();
  }

  /** Plays from here, or from the start (of the selected range, if any) when it stands at the end. */
  play(): void {
    const span = selection.range ?? recording.range;
    const at = this.at;
    if (span === null || at === null || recording.range === null) return;
    if (at >= recording.range.to_us) this.moveTo(span.from_us);
    this.playing = true;
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.settle();
  }

  toggle(): void {
    if (this.live) this.leaveLive();
    else if (this.playing) this.pause();
    else this.play();
  }

  /** Moves on by real time times speed; at the end it stops, or goes live while the recording grows. Called once per animation frame. */
  advance(elapsedMs: number): void {
    const range = recording.range;
    const at = this.at;
    if (!this.playing || this.dragging || range === null || at === null) return;
    const next = at + elapsedMs * 1000 * this.speed;
    if (next >= range.to_us && recording.growing) return this.goLive();
    this.moveTo(Math.min(next, range.to_us));
    if (next >= range.to_us) this.pause();
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export const playhead = new Playhead();
