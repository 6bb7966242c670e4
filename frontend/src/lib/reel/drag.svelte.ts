// What a press and a drag on the track do.

import type { TimeRange } from "../backend";
import { alertsView, bookmarks, playhead, recording, selection } from "../state";
import type { Grip } from "./hit";
import { reel } from "./reel.svelte";
import { snapped, type Scale } from "./scale";
import { SNAP_PX, snapEvents } from "./snap";

/** A press that moves less than this is a click. */
const CLICK_PX = 3;

/** A press on the track, from the moment the pointer goes down. */
export class Drag {
  readonly #grip: Grip | { on: "window" };
  readonly #scale: Scale;
  readonly #startX: number;
  readonly #events: readonly number[];
  readonly #range: TimeRange | null = selection.range;
  #moved = false;
  #lastX: number;

  constructor(grip: Grip, scale: Scale, x: number, panning: boolean) {
    this.#grip = panning ? { on: "window" } : grip;
    this.#scale = scale;
    this.#startX = x;
    this.#lastX = x;
    this.#events = snapEvents(reel.density, bookmarks.list, reel.marks, [
      recording.range,
      grip.on === "playhead" || grip.on === "ruler" ? this.#range : null,
    ]);
    if (this.#grip.on === "playhead" || this.#grip.on === "ruler") {
      playhead.pause();
      playhead.beginDrag();
      if (this.#grip.on === "ruler") this.#movePlayhead(x, false);
    }
  }

  get panning(): boolean {
    return this.#grip.on === "window";
  }

  /** The pointer is at `x`; `free` (Alt) moves without snapping. */
  move(x: number, free: boolean): void {
    if (!this.#moved && Math.abs(x - this.#startX) < CLICK_PX) return;
    this.#moved = true;
    switch (this.#grip.on) {
      case "playhead":
      case "ruler":
        this.#movePlayhead(x, free);
        break;
      case "edge":
        if (this.#range !== null)
          reel.draft = ordered({ ...this.#range, [`${this.#grip.edge}_us`]: this.#instant(x, free) });
        break;
      case "range":
        if (this.#range !== null) reel.draft = this.#shifted(this.#range, x);
        break;
      case "histogram":
      case "mark":
      case "bookmark":
        reel.draft = ordered({ from_us: this.#instant(this.#startX, free), to_us: this.#instant(x, free) });
        break;
      case "window":
        reel.pan((this.#lastX - x) * this.#scale.usPerPixel);
        break;
    }
    this.#lastX = x;
  }

  /** The pointer is up. */
  end(): void {
    const draft = reel.draft;
    reel.draft = null;
    if (playhead.dragging) playhead.endDrag();
    else if (!this.#moved) this.#click();
    else if (draft !== null) {
      playhead.leaveLive();
      selection.setRange(draft);
    }
  }

  /** Gives up, as when the pointer is taken away. */
  cancel(): void {
    reel.draft = null;
    if (playhead.dragging) playhead.endDrag();
  }

  #click(): void {
    if (this.#grip.on === "window") return;
    playhead.moveTo(this.#pressed());
    playhead.settle();
    // The panes of checks and alerts follow.
    if (this.#grip.on === "mark" && this.#grip.mark.alertId !== undefined) alertsView.id = this.#grip.mark.alertId;
  }

  /** A bookmark's instant, a mark's beginning, else what lies under the pointer. */
  #pressed(): number {
    if (this.#grip.on === "bookmark") return this.#grip.bookmark.at_us;
    if (this.#grip.on === "mark") return this.#grip.mark.range.from_us;
    return this.#instant(this.#startX, false);
  }

  #movePlayhead(x: number, free: boolean): void {
    playhead.moveTo(this.#instant(x, free));
  }

  /** The instant at `x`, within the recording. */
  #instant(x: number, free: boolean): number {
    const us = this.#scale.us(x);
    const whole = recording.range;
    const at = free ? us : snapped(us, this.#events, SNAP_PX * this.#scale.usPerPixel);
    return Math.round(whole === null ? at : Math.min(whole.to_us, Math.max(whole.from_us, at)));
  }

  #shifted(range: TimeRange, x: number): TimeRange {
    const whole = recording.range ?? range;
    const span = range.to_us - range.from_us;
    const wanted = range.from_us + (x - this.#startX) * this.#scale.usPerPixel;
    const from_us = Math.round(Math.min(Math.max(wanted, whole.from_us), Math.max(whole.from_us, whole.to_us - span)));
    return { from_us, to_us: from_us + span };
  }
}

function ordered(range: TimeRange): TimeRange {
  return { from_us: Math.min(range.from_us, range.to_us), to_us: Math.max(range.from_us, range.to_us) };
}
