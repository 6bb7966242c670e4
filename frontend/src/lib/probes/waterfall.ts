// One probe as a waterfall: how long each hop held the call, nested in the hop before it. Lengths are measured, each by one clock;
// where a bar begins is known only as well as wall clocks agree, and never needed for a figure.

import type { ProbeRun } from "../backend";

/** How it is known where a bar begins: by the hop's wall clock, or only that it lies within the bar around it. */
export type Placed = "measured" | "clock" | "middle";

export interface Held {
  name: string;
  kind: "sender" | "connect" | "hop" | "service" | "not_split";
  /** From the call's headers sent, microseconds. */
  beginUs: number;
  lengthUs: number;
  placed: Placed;
  /** It may begin so much earlier or later. */
  slackUs: number;
  /** Hops that said nothing between this one and the bar around it. */
  silent: readonly string[];
  observed: boolean;
}

/** The sender's bar, then each hop's. None without a total. */
export function waterfallOf(run: ProbeRun, sender: string): Held[] {
  if (run.total_us === null) return [];
  const bars: Held[] = [];
  const connect = run.connect_us ?? 0;
  const known = { placed: "measured", slackUs: 0, silent: [], observed: false } as const;
  if (connect > 0) {
    bars.push({ name: "connect", kind: "connect", beginUs: -connect, lengthUs: connect, ...known });
  }
  bars.push({ name: sender, kind: "sender", beginUs: 0, lengthUs: run.total_us, ...known });

  // The bar around, and how long its hop waited for the next one.
  let around = { beginUs: 0, lengthUs: run.total_us };
  let waitedUs = run.total_us;
  let silent: string[] = [];
  for (const hop of run.hops) {
    if (hop.reported === "opaque") {
      silent.push(hop.hop);
      if (hop.link_us === null) continue;
      const bar = placedIn(around, Math.min(around.lengthUs, Math.max(0, hop.link_us)), null);
      bars.push({ name: silent.join(", "), kind: "not_split", ...bar, silent: [], observed: false });
      break;
    }
    const heldUs = waitedUs - (hop.link_us ?? 0);
    const clockUs = hop.received_at_us === null ? null : hop.received_at_us - (run.at_us + connect);
    const bar = placedIn(around, Math.max(0, heldUs), clockUs);
    bars.push({
      name: hop.hop,
      kind: hop.role === "responder" ? "service" : "hop",
      ...bar,
      silent,
      observed: hop.reported === "observed",
    });
    waitedUs = heldUs - (hop.own_us ?? 0);
    around = bar;
    silent = [];
  }
  return bars;
}

/** A bar inside another: where its clock says, if that is possible; else in the middle. */
function placedIn(
  around: { beginUs: number; lengthUs: number },
  lengthUs: number,
  clockUs: number | null,
): Pick<Held, "beginUs" | "lengthUs" | "placed" | "slackUs"> {
  const room = Math.max(0, around.lengthUs - lengthUs);
  const possible = clockUs !== null && clockUs >= around.beginUs && clockUs <= around.beginUs + room;
  if (possible) {
    const slackUs = Math.max(clockUs - around.beginUs, around.beginUs + room - clockUs);
    return { beginUs: clockUs, lengthUs, placed: "clock", slackUs };
  }
  return { beginUs: around.beginUs + room / 2, lengthUs, placed: "middle", slackUs: room / 2 };
}

/** From where to where the drawing reaches. */
export function reach(bars: readonly Held[]): { fromUs: number; toUs: number } {
  const fromUs = bars.reduce((least, { beginUs }) => Math.min(least, beginUs), 0);
  const toUs = bars.reduce((most, { beginUs, lengthUs }) => Math.max(most, beginUs + lengthUs), 0);
  return { fromUs, toUs };
}
