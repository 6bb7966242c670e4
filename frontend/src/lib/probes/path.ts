// A probe's path as one bar: the parts of its total side by side, and where its hops stand.

import type { HopReported, ProbeHop, ProbePartKind, ProbeRun } from "../backend";
import { latency } from "../format";

/** What a segment is: a part of the path, or what no part explains. */
export type SegmentKind = ProbePartKind | "unattributed";

/** A part of the total. Those of one probe sum up to it. */
export interface Segment {
  kind: SegmentKind;
  /** What is written below it: `wire`, `wire, Mediary B, wire`, `catalog answers`. */
  name: string;
  us: number;
  /** Where it is drawn on the bar, microseconds; one of negative time takes no room. */
  fromUs: number;
  toUs: number;
  /** Hops inside it that say nothing of themselves. */
  silent: readonly string[];
  /** The hop whose own time it is, or the one behind the wire. */
  hop: ProbeHop | null;
}

/** How a kind is called and drawn; null is hatched. */
export const KINDS: Record<SegmentKind, { name: string; about: string; token: string | null }> = {
  wire: { name: "wire", about: "Between two hops that report, there and back", token: "series-a" },
  hop: { name: "hop handles", about: "What a relay or gateway itself takes", token: "series-d" },
  service: { name: "service answers", about: "What the service takes that is called", token: "series-c" },
  not_split: {
    name: "not split",
    about: "Wires and hops that say nothing of themselves: known only as a sum",
    token: null,
  },
  unattributed: { name: "unattributed", about: "What no hop and no wire explains", token: null },
};
export const LEGEND: readonly SegmentKind[] = ["wire", "hop", "service", "not_split"];

type Piece = Omit<Segment, "fromUs" | "toUs">;

/** The parts of a probe in the order of the path. None without a total. */
export function segmentsOf(run: ProbeRun): Segment[] {
  if (run.total_us === null) return [];
  let at = 0;
  return piecesOf(run, run.total_us).map((piece) => {
    const fromUs = at;
    at += Math.max(0, piece.us);
    return { ...piece, fromUs, toUs: at };
  });
}

function piecesOf(run: ProbeRun, totalUs: number): Piece[] {
  const pieces: Piece[] = [];
  let silent: string[] = [];
  for (const hop of run.hops) {
    if (hop.reported === "opaque") silent.push(hop.hop);
    if (hop.link_us !== null) {
      pieces.push({ ...between(silent, hop), us: hop.link_us, silent, hop });
      silent = [];
    }
    if (hop.own_us !== null) pieces.push({ ...own(hop), us: hop.own_us, silent: [], hop });
  }
  const rest = run.unattributed_us;
  if (rest !== null && rest !== 0) {
    pieces.push({ kind: "unattributed", name: "unattributed", us: rest, silent, hop: null });
  } else if (pieces.length === 0) {
    pieces.push({ kind: "not_split", name: "the whole call", us: totalUs, silent, hop: null });
  }
  return pieces;
}

/** What lies before a hop that reports, or all that is left behind the last that does. */
function between(silent: readonly string[], hop: ProbeHop): Pick<Piece, "kind" | "name"> {
  if (silent.length === 0) return { kind: "wire", name: "wire" };
  const names = ["wire", ...silent.flatMap((name) => [name, "wire"])];
  const ends = hop.reported === "opaque";
  return { kind: "not_split", name: (ends ? names.slice(0, -1) : names).join(", ") };
}

function own({ hop, role }: ProbeHop): Pick<Piece, "kind" | "name"> {
  return role === "responder" ? { kind: "service", name: `${hop} answers` } : { kind: "hop", name: hop };
}

/** What the bar stands for: the total, or more where a negative part makes the others longer than it. */
export function wholeUs(run: ProbeRun, segments: readonly Segment[]): number {
  return Math.max(run.total_us ?? 0, segments.at(-1)?.toUs ?? 0);
}

/** Where a hop stands above the bar. */
export interface HopMark {
  name: string;
  /** `start` is who sends. */
  known: HopReported | "start";
  atUs: number;
  /** It stands between two parts, not in the middle of one. */
  through: boolean;
}

/** The sender and every hop: a hop that reports in the middle of its own time, a service where it begins, others spread over what is not split. */
export function hopMarks(segments: readonly Segment[], sender: string): HopMark[] {
  const marks: HopMark[] = [{ name: sender, known: "start", atUs: 0, through: true }];
  for (const { kind, hop, silent, fromUs, toUs } of segments) {
    silent.forEach((name, n) => {
      const part = (n + 1) / (silent.length + 1);
      marks.push({ name, known: "opaque", atUs: fromUs + part * (toUs - fromUs), through: false });
    });
    if (hop === null || (kind !== "hop" && kind !== "service")) continue;
    const through = kind === "service";
    marks.push({ name: hop.hop, known: hop.reported, atUs: through ? fromUs : (fromUs + toUs) / 2, through });
  }
  return marks;
}

/** Who sends: `Region A sender`. */
export function senderName(fromRegion: string): string {
  return fromRegion === "" ? "sender" : `${fromRegion} sender`;
}

/** A hop's name with what makes it different from one that reports. */
export function markWords({ name, known }: HopMark): string {
  if (known === "opaque") return `${name}, does not report`;
  return known === "observed" ? `${name}, observed from packets` : name;
}

/** What is told of a segment besides its time. */
export function segmentNotes({ kind, hop, us, silent }: Segment): string[] {
  const notes: string[] = [];
  if (kind === "not_split" && silent.length > 0) notes.push(`known only as a sum: ${namesOf(silent)} did not report`);
  if (hop !== null && (kind === "hop" || kind === "service")) {
    if (hop.reported === "observed") notes.push("observed from packets");
    if (hop.queue_us !== null) notes.push(`of it waiting for a connection ${latency(hop.queue_us)}`);
    if (hop.backend_us !== null) notes.push(`of it the service's work ${latency(hop.backend_us)}`);
  }
  if (us < 0) notes.push("negative: this hop's record does not fit its neighbour's");
  return notes;
}

/** `−0.4 ms` of what came out negative. */
export function signedLatency(us: number): string {
  return us < 0 ? `−${latency(-us)}` : latency(us);
}

/** The bar for those who do not see it. */
export function pathSummary(run: ProbeRun, segments: readonly Segment[]): string {
  if (run.total_us === null) return "No total was measured.";
  const parts = segments.map(({ name, us }) => `${name} ${signedLatency(us)}`);
  return `${latency(run.total_us)} in all: ${parts.join(", ")}.`;
}

/** What has to be said of a path in sentences. */
export function pathRemarks(run: ProbeRun, segments: readonly Segment[]): { tone: "t3" | "warn"; text: string }[] {
  const remarks: { tone: "t3" | "warn"; text: string }[] = [];
  for (const { kind, silent, us, hop } of segments) {
    if (us < 0) {
      const where = kind === "wire" || kind === "not_split" ? `The wire before ${hop?.hop ?? "the end"}` : hop?.hop;
      remarks.push({
        tone: "warn",
        text: `${where ?? "A part"} comes out at ${signedLatency(us)}: the hops' records do not fit each other. It is shown as it is and takes no room on the bar.`,
      });
    }
    if (kind === "not_split" && silent.length > 0) {
      const verb = silent.length === 1 ? "is" : "are";
      remarks.push({
        tone: "t3",
        text: `Time through ${namesOf(silent)} ${verb} known only as a sum: it lies inside these ${signedLatency(us)}.`,
      });
    }
    if (kind === "unattributed") {
      const all = run.hops.length === 0;
      remarks.push({
        tone: "warn",
        text: `${signedLatency(us)} of the total is unattributed: ${all ? "no hop's record came back, metadata was stripped on the way" : "no hop and no wire explains it"}.`,
      });
    }
  }
  if (run.hops.length === 0 && !run.white_box) {
    remarks.push({ tone: "t3", text: "A black-box probe measures the total only: hops are not asked for their part." });
  }
  if (run.ignored_records > 0) {
    const [one, was] = run.ignored_records === 1 ? ["record", "was"] : ["records", "were"];
    remarks.push({
      tone: "warn",
      text: `${run.ignored_records} ${one} ${was} ignored: not signed, or signed by somebody else.`,
    });
  }
  return remarks;
}

function namesOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}
