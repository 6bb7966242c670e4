// The wheel and two fingers on a touchpad: up and down zooms around the pointer, sideways pans, a pinch zooms.

import { frames } from "../canvas/frame";
import { reel } from "./reel.svelte";
import type { Scale } from "./scale";

const LINE_PX = 20;
const PAGE_PX = 400;
/** So many pixels of the wheel zoom by a factor of e; a pinch sends smaller steps. */
const ZOOM_PX = 400;
const PINCH_PX = 100;
/** One turn changes the window at most by this factor. */
const MOST_PER_FRAME = Math.E;

/** What of a wheel event counts. */
export type Turn = Pick<WheelEvent, "deltaX" | "deltaY" | "deltaMode" | "shiftKey" | "ctrlKey" | "offsetX">;

/** Collects turns and carries them out once per frame. */
export class Wheel {
  #panPx = 0;
  #zoom = 1;
  #pivotX = 0;

  turn(turn: Turn, scale: () => Scale): void {
    const unit = turn.deltaMode === 0 ? 1 : turn.deltaMode === 1 ? LINE_PX : PAGE_PX;
    const [x, y] = [turn.deltaX * unit, turn.deltaY * unit];
    if (turn.ctrlKey) this.#zoom *= Math.exp(y / PINCH_PX);
    else if (turn.shiftKey || Math.abs(x) > Math.abs(y)) this.#panPx += x === 0 ? y : x;
    else this.#zoom *= Math.exp(y / ZOOM_PX);
    this.#pivotX = turn.offsetX;
    frames.move(this, () => this.#carryOut(scale()));
  }

  #carryOut(scale: Scale): void {
    const factor = Math.min(MOST_PER_FRAME, Math.max(1 / MOST_PER_FRAME, this.#zoom));
    if (factor !== 1) reel.zoomBy(factor, scale.us(this.#pivotX));
    if (this.#panPx !== 0) reel.pan(this.#panPx * scale.usPerPixel);
    [this.#panPx, this.#zoom] = [0, 1];
  }
}
