// The marks of the alerts lane: what the recording's own incidents give, alerts, and what was wrong with Wirereel while it was captured.

import { pull, type AlertRow, type HealthFinding, type Incident, type TimeRange } from "../backend";
import { recording } from "../state";
import { alertMarks, incidentMarks, ownMarks, type Mark } from "./marks";

/** The recording grows: alerts are asked for from its begin on, whenever they come. Year 2200. */
const FOREVER_US = 7_258_118_400e6;
/** The host gives no more at once; of more, the latest are marked. */
const MOST_ALERTS = 500;

/** Finds the marks of the open recording once it has been read; call it while the reel is being made. */
export function pullMarks(): { readonly list: readonly Mark[] } {
  const incidents = pull<{ recording: string }, Incident[]>({
    lane: "incidents",
    question: () => {
      const open = recording.current;
      return open === null || open.range === null || recording.importing ? null : { recording: open.recording_id };
    },
    generation: () => recording.generation,
    ask: (host, _question, options) => host.incidents({ range: null }, options),
  });
  const begin = $derived(recording.isLive ? (recording.range?.from_us ?? null) : null);
  const findings = pull<{ from_us: number }, HealthFinding[]>({
    lane: "health-marks",
    question: () => (begin === null ? null : { from_us: begin }),
    // Asked again only when something begins or is over: it is looked for in the whole recording.
    generation: () => recording.health,
    ask: async (host, { from_us }, options) => {
      const { findings, earlier } = await host.health({ from_us, points: 0 }, options);
      return [...findings, ...earlier];
    },
  });
  const alerts = pull<{ range: TimeRange }, AlertRow[]>({
    lane: "alert-marks",
    question: () => (begin === null ? null : { range: { from_us: begin, to_us: FOREVER_US } }),
    generation: () => recording.alerts.generation,
    ask: async (host, { range }, options) =>
      (await host.alerts({ range, which: "all", offset: 0, limit: MOST_ALERTS }, options)).rows,
  });
  const end = $derived(recording.range?.to_us ?? 0);
  const list = $derived(
    [
      ...incidentMarks(incidents.value ?? []),
      ...alertMarks(alerts.value ?? [], end),
      ...ownMarks(findings.value ?? [], end),
    ].sort((a, b) => a.range.from_us - b.range.from_us),
  );
  return {
    get list() {
      return list;
    },
  };
}
