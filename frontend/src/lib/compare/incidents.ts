// Incidents in words.

import type { CallerSaw, Incident, IncidentKind, TimeRange } from "../backend";
import { count, counted, duration, latency } from "../format";

export const KIND_WORDS: Record<IncidentKind, string> = { crash: "Crash", failing: "Failing", slow: "Slow" };

export const lastedUs = ({ range }: Incident): number => range.to_us - range.from_us;

/** `2 min 24 s`, or with the end of the recording in it, `2 min 24 s, not over`. */
export function lasted(incident: Incident, recorded: TimeRange | null): string {
  return `${duration(lastedUs(incident))}${isOver(incident, recorded) ? "" : ", not over"}`;
}

/** False while it goes on: when the recording ends in it. A slow service that then crashed is slow no longer. */
export function isOver({ recovered, range }: Incident, recorded: TimeRange | null): boolean {
  return recovered || (recorded !== null && range.to_us < recorded.to_us);
}

/** What a caller saw, most telling first: `412 refused, 3 resets`. */
export function saw({ refused, resets, unanswered, errors_5xx }: CallerSaw): string {
  const parts = [
    refused > 0 ? `${count(refused)} refused` : "",
    resets > 0 ? counted(resets, "reset") : "",
    unanswered > 0 ? `${count(unanswered)} unanswered` : "",
    errors_5xx > 0 ? `${count(errors_5xx)} 5xx` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** `p50 24 ms to 1.20 s` of an incident that made answers slow. */
export function slowed({ before_us, during_us }: Incident): string {
  return before_us === null || during_us === null ? "" : `p50 ${latency(before_us)} to ${latency(during_us)}`;
}

/** How many calls of all callers failed. */
export function failedCalls({ callers }: Incident): number {
  return callers.reduce((sum, { calls }) => sum + calls, 0);
}

/** Whether an incident touches a range. */
export function touches({ range }: Incident, other: TimeRange | null): boolean {
  return other === null || (range.from_us <= other.to_us && range.to_us >= other.from_us);
}

export const keyOf = ({ service, kind, range }: Incident): string => `${service} ${kind} ${range.from_us}`;
