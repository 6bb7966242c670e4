// What the alerts lane shows: spans of time in which something was wrong, whatever found it.

import type { AlertRow, CallerSaw, HealthFinding, Incident, TimeRange } from "../backend";
import { clock, count, counted, day, duration, latency } from "../format";
import type { Scale } from "./scale";

/** How a mark is drawn, and what its legend calls it. */
export type MarkKind = "crash" | "alert" | "failing" | "slow" | "own";

/** A mark of the alerts lane. */
export interface Mark {
  kind: MarkKind;
  range: TimeRange;
  /** False when the recording ends in it. */
  ended: boolean;
  /** `payment crashed`. */
  title: string;
  /** What is known of it, line by line. */
  lines: string[];
  /** The alert that it stands for. */
  alertId?: string;
}

/** What the kinds are called. */
export const MARK_WORDS: Record<MarkKind, string> = {
  crash: "crashed",
  alert: "alert",
  failing: "failing",
  slow: "slow",
  own: "Wirereel",
};

const WORST_FIRST: readonly MarkKind[] = ["crash", "alert", "failing", "slow", "own"];
/** Callers named in a tooltip. */
const NAMED_CALLERS = 3;
/** Half a pin's width. */
export const PIN_PX = 6;

/** Incidents as marks, ascending. */
export function incidentMarks(incidents: readonly Incident[]): Mark[] {
  return incidents
    .map((incident) => ({
      kind: incident.kind,
      range: incident.range,
      ended: incident.recovered,
      title: `${incident.service} ${MARK_WORDS[incident.kind]}`,
      lines: linesOf(incident),
    }))
    .sort((a, b) => a.range.from_us - b.range.from_us);
}

/** What was wrong with Wirereel itself as marks, ascending; what goes on reaches to the end. */
export function ownMarks(findings: readonly HealthFinding[], end: number): Mark[] {
  return findings
    .map(({ what, advice, since_us, until_us }) => ({
      kind: "own" as const,
      range: { from_us: since_us, to_us: Math.max(since_us, until_us ?? end) },
      ended: until_us !== null,
      title: what,
      lines: [advice],
    }))
    .sort((a, b) => a.range.from_us - b.range.from_us);
}

/** Alerts as marks, ascending; an open one reaches to the end. What is wrong with Wirereel itself has its own marks. */
export function alertMarks(alerts: readonly AlertRow[], end: number): Mark[] {
  return alerts
    .filter(({ subject }) => subject.kind !== "wirereel")
    .map((alert) => ({
      kind: "alert" as const,
      range: { from_us: alert.opened_us, to_us: Math.max(alert.opened_us, alert.resolved_us ?? end) },
      ended: alert.resolved_us !== null,
      title: `${alert.subject.name.replace(/^https?:\/\//, "")}: ${alert.rule_name}`,
      lines: [alert.message, ...(alert.recovery_message === null ? [] : [alert.recovery_message])],
      alertId: alert.alert_id,
    }))
    .sort((a, b) => a.range.from_us - b.range.from_us);
}

/** From when to when, for how long. */
export function whenOf({ range, ended }: Mark): string {
  const [from, to] = [clock(range.from_us), clock(range.to_us)];
  const until = ended ? `to ${to}` : "to the end of the recording";
  return `${day(range.from_us)}, ${from} ${until}, ${duration(range.to_us - range.from_us)}`;
}

/** A mark's words on the lane. */
export function markWords({ title, range }: Mark): string {
  return `${title}, ${duration(range.to_us - range.from_us)}`;
}

/** The pin at `x`, the worst of those that lie over each other there, else the span that covers it. */
export function markAt(x: number, marks: readonly Mark[], scale: Scale): Mark | null {
  const pins = marks.filter(({ range }) => Math.abs(scale.x(range.from_us) - x) <= PIN_PX + 1);
  const over =
    pins.length > 0
      ? pins
      : marks.filter(({ range }) => scale.x(range.from_us) <= x && x <= scale.x(range.to_us) + PIN_PX);
  return [...over].sort((a, b) => worse(a) - worse(b))[0] ?? null;
}

/** Marks in the order in which they are drawn: the worst last, on top. */
export function drawingOrder(marks: readonly Mark[]): Mark[] {
  return [...marks].sort((a, b) => worse(b) - worse(a));
}

function worse({ kind }: Mark): number {
  return WORST_FIRST.indexOf(kind);
}

function linesOf(incident: Incident): string[] {
  const lines = [`first sign: ${incident.first_sign}`];
  if (incident.before_us !== null && incident.during_us !== null) {
    lines.push(`median ${latency(incident.before_us)} before, ${latency(incident.during_us)} during`);
  }
  const callers = [...incident.callers].sort((a, b) => b.calls - a.calls);
  for (const caller of callers.slice(0, NAMED_CALLERS)) lines.push(`${caller.client}: ${sawWords(caller)}`);
  if (callers.length > NAMED_CALLERS) lines.push(`and ${counted(callers.length - NAMED_CALLERS, "more caller")}`);
  return lines;
}

function sawWords(caller: CallerSaw): string {
  const parts: [number, string][] = [
    [caller.refused, "refused"],
    [caller.resets, "reset"],
    [caller.unanswered, "without an answer"],
    [caller.errors_5xx, "answered 5xx"],
  ];
  const words = parts.filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`);
  return words.length > 0 ? words.join(", ") : counted(caller.calls, "call");
}
