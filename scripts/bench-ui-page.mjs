// What `bench-ui.mjs` runs in the page, and what it reads from the answer.

/** So many frames back are looked through for the place where the pointer was. */
const LONGEST_LAG = 12;
/** A dragged playhead snaps to events within 6 px: only frames in which the pointer went farther tell how late it is. */
const TELLING_PX = 14;

/**
 * Notes for every frame when it began, where the pointer was then, and where the playhead stands in the picture that was made of it.
 * Sent to the page as text; `window.wirereelFrames()` ends it and gives what was seen.
 */
export function watchFrames() {
  const canvas = document.querySelector('[role=slider][aria-label="Playhead"]').querySelectorAll("canvas")[1];
  const { left } = canvas.getBoundingClientRect();
  const context = canvas.getContext("2d");
  const ratio = canvas.width / canvas.clientWidth;
  const frames = [];
  let pointer = null;
  let running = true;
  const moved = (event) => (pointer = event.clientX - left);

  /** The playhead's layer has nothing but its line at this height. */
  const drawn = () => {
    const { data } = context.getImageData(0, Math.round(60 * ratio), canvas.width, 1);
    let [sum, weight] = [0, 0];
    for (let x = 0; x < canvas.width; x += 1) {
      const alpha = data[x * 4 + 3];
      sum += alpha * (x + 0.5);
      weight += alpha;
    }
    return weight === 0 ? null : sum / weight / ratio;
  };

  // A message is handled after the frame it was sent in.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const last = frames.at(-1);
    if (last !== undefined) last.drawn = drawn();
  };
  const step = (now) => {
    if (!running) return;
    frames.push({ now, pointer, drawn: null });
    port2.postMessage(null);
    requestAnimationFrame(step);
  };
  window.addEventListener("pointermove", moved, true);
  requestAnimationFrame(step);
  window.wirereelFrames = () => {
    running = false;
    window.removeEventListener("pointermove", moved, true);
    return frames;
  };
}

/** Figures of the frames that were seen. */
export class FrameWatch {
  /** Milliseconds from frame to frame, from the first move to the last. */
  spans = [];
  /** How many frames ago the pointer was where the playhead was drawn, wherever that can be told. */
  lags = [];

  constructor(frames) {
    const moves = frames.map(({ pointer }, n) => n > 0 && pointer !== frames[n - 1].pointer);
    const [first, last] = [moves.indexOf(true), moves.lastIndexOf(true)];
    for (let n = first + 1; n <= last; n += 1) {
      this.spans.push(frames[n].now - frames[n - 1].now);
      const lag = lagOf(frames, n);
      if (lag !== null) this.lags.push(lag);
    }
  }
}

function lagOf(frames, n) {
  const { pointer, drawn } = frames[n];
  const before = frames[n - 1].pointer;
  if (drawn === null || pointer === null || before === null || Math.abs(pointer - before) < TELLING_PX) return null;
  let [lag, nearest] = [0, Infinity];
  for (let back = 0; back <= Math.min(LONGEST_LAG, n); back += 1) {
    const place = frames[n - back].pointer;
    if (place === null) break;
    const away = Math.abs(place - drawn);
    if (away < nearest) [lag, nearest] = [back, away];
  }
  return lag;
}
