// What is said of alerts.

import type { AlertDelivery, AlertRow, AlertRuleRow, AlertTarget, Alerts } from "../backend";
import type { Fact } from "../components";
import { clock, count, counted, day, duration } from "../format";

/** `shop.test` of a website `https://shop.test`; others are called as they are. */
export function subjectName({ subject }: Pick<AlertRow, "subject">): string {
  return subject.kind === "website" ? subject.name.replace(/^https?:\/\//, "") : subject.name;
}

const KINDS: Record<string, string> = {
  website: "website",
  probe: "probe",
  service: "service",
  edge: "edge",
  wirereel: "Wirereel itself",
};

export function kindName(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** How long it lasted, or has lasted. */
export function lasted({ opened_us, resolved_us }: Pick<AlertRow, "opened_us" | "resolved_us">, nowUs: number): string {
  return duration(Math.max(0, (resolved_us ?? nowUs) - opened_us));
}

/** `10:42:10`, with the day where it is another one than today's. */
export function momentWords(us: number, nowUs: number): string {
  return day(us) === day(nowUs) ? clock(us, "second") : `${day(us)}, ${clock(us, "second")}`;
}

/** `open for 3 min`, `4 min`. */
export function lengthWords(alert: AlertRow, nowUs: number): string {
  const length = lasted(alert, nowUs);
  return alert.resolved_us === null ? `open for ${length}` : `lasted ${length}`;
}

const QUIET: Record<string, string> = {
  silenced: "nobody was told: silenced",
  maintenance: "nobody was told: maintenance",
  never_told: "nobody was told before it was over",
  removed: "its subject or rule was removed",
};

export function quietWords(quiet: string): string {
  return QUIET[quiet] ?? quiet.replaceAll("_", " ");
}

/** What the head says. */
export function headWords({ open, unacknowledged, total }: Alerts): string {
  if (open === 0) return total === 0 ? "" : "none open";
  const words = `${count(open)} open`;
  return unacknowledged === 0 ? `${words}, all acknowledged` : `${words}, ${count(unacknowledged)} not acknowledged`;
}

/** What is known of an alert beside its words. */
export function alertFacts(alert: AlertRow, nowUs: number): Fact[] {
  const facts: (Fact | null)[] = [
    { name: "Subject", text: `${alert.subject.name}, ${kindName(alert.subject.kind)}`, mono: true, wide: true },
    { name: "Rule", text: alert.rule_name, wide: true, title: alert.rule },
    { name: "Opened", text: momentWords(alert.opened_us, nowUs) },
    alert.resolved_us === null
      ? { name: "Open for", text: lasted(alert, nowUs), tone: "err" }
      : { name: "Over", text: momentWords(alert.resolved_us, nowUs) },
    alert.resolved_us === null ? null : { name: "Lasted", text: lasted(alert, nowUs) },
    alert.acknowledged_us === null
      ? null
      : { name: "Known", text: `since ${momentWords(alert.acknowledged_us, nowUs)}` },
    alert.silenced_until_us !== null && alert.silenced_until_us > nowUs
      ? { name: "Silenced", text: `until ${momentWords(alert.silenced_until_us, nowUs)}`, tone: "warn" }
      : null,
    alert.quiet === null ? null : { name: "Quiet", text: quietWords(alert.quiet), tone: "warn", wide: true },
  ];
  return facts.filter((one) => one !== null);
}

const EVENTS: Record<string, string> = { opened: "opened", reminded: "reminder", resolved: "recovered" };

/** `opened`, `reminder`, `recovered`. */
export function eventName(event: string): string {
  return EVENTS[event] ?? event;
}

/** How far a delivery is, in words. */
export function deliveryWords(delivery: AlertDelivery, nowUs: number): { text: string; tone: "ok" | "warn" | "err" } {
  const { state, attempts, at_us, next_attempt_us } = delivery;
  const when = at_us === null ? "" : ` at ${momentWords(at_us, nowUs)}`;
  const tries = attempts > 1 ? `, ${counted(attempts, "attempt")}` : "";
  if (state === "sent") return { text: `sent${when}${tries}`, tone: "ok" };
  if (state === "failed") return { text: `given up after ${counted(attempts, "attempt")}${when}`, tone: "err" };
  if (attempts === 0) return { text: "waits", tone: "warn" };
  const next = next_attempt_us === null ? "" : `, again at ${momentWords(next_attempt_us, nowUs)}`;
  return { text: `failed ${counted(attempts, "time")}${next}`, tone: "warn" };
}

/** How many subjects a rule thinks what of. */
export function ruleCounts(rule: AlertRuleRow): string {
  const parts: [number, string][] = [
    [rule.firing, "firing"],
    [rule.pending, "pending"],
    [rule.recovering, "recovering"],
    [rule.suppressed, "suppressed"],
    [rule.undecided, "undecided"],
    [rule.normal, "normal"],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`);
  return said.length === 0 ? "no subject" : said.join(", ");
}

export function targetWords({ sent, waiting, failed }: AlertTarget): string {
  const parts = [`${count(sent)} sent`];
  if (waiting > 0) parts.push(`${count(waiting)} waiting`);
  if (failed > 0) parts.push(`${count(failed)} given up`);
  return parts.join(", ");
}

/** A row for those who do not see it. */
export function spokenAlert(alert: AlertRow, nowUs: number): string {
  const state = alert.resolved_us === null ? "open" : "over";
  const known = alert.acknowledged_us === null ? "" : ", acknowledged";
  return `${subjectName(alert)}, ${state}${known}, ${lengthWords(alert, nowUs)}: ${alert.message}`;
}
