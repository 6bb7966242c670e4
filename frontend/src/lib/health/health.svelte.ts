// What the pane asks: the state at its instant, and the figures on the way there.

import { pull, type Health, type Pulled, type TimeRange } from "../backend";
import { oneOf, playhead, recording, Remembered } from "../state";
import { reel } from "../reel/reel.svelte";
import { historyRange, SAMPLES } from "./range";

/** Looked at once a second, like the host looks at itself. */
const BEAT_MS = 1000;

export type ChartTime = "recent" | "reel";

export interface Watching {
  /** The instant that is shown; null is now. */
  readonly at: number | null;
  readonly state: Pulled<Health>;
  /** Its `history` and `earlier` count, and what it was asked for. */
  readonly past: Pulled<{ range: TimeRange; health: Health }>;
  /** The reel shows the recording that holds the figures. */
  readonly onReel: boolean;
  time: ChartTime;
}

/** Watches while the component is there; call it while that is being made. */
export function watchHealth(): Watching {
  let now = $state(Date.now() * 1000);
  const time = new Remembered<ChartTime>("health.charts", "reel", oneOf("recent", "reel"));
  $effect(() => void time.load());
  $effect(() => {
    const timer = setInterval(() => (now = Date.now() * 1000), BEAT_MS);
    return () => clearInterval(timer);
  });

  const onReel = $derived(recording.isLive && recording.range !== null);
  const at = $derived(onReel && playhead.placed !== null ? playhead.settledAt : null);
  const range = $derived(historyRange(time.value === "reel" && onReel ? reel.view : null, at, now));

  const state = pull({
    lane: "health",
    question: () => ({ points: 0, ...(at === null ? {} : { at_us: at }) }),
    // A past moment does not change.
    generation: () => (at === null ? now : 0),
    ask: (host, question, options) => host.health(question, options),
  });
  const past = pull({
    lane: "health-history",
    question: () => ({ ...range, onReel }),
    ask: async (host, { from_us, to_us, onReel }, options) => {
      // The recording that holds older ones is opened for them only where it is looked at.
      const question = onReel ? { from_us, to_us, points: SAMPLES } : { to_us, points: SAMPLES };
      return { range: { from_us, to_us }, health: await host.health(question, options) };
    },
  });

  return {
    state,
    past,
    get at() {
      return at;
    },
    get onReel() {
      return onReel;
    },
    get time() {
      return time.value;
    },
    set time(value) {
      time.value = value;
    },
  };
}
