// The marks of the alerts lane: what the recording's own incidents give, and what was wrong with Wirereel while it was captured.

import { pull, type HealthFinding, type Incident } from "../backend";
import { recording } from "../state";
import { incidentMarks, ownMarks, type Mark } from "./marks";

/** The recording that holds Wirereel's own figures. */
const LIVE = "live";

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
  const begin = $derived(recording.current?.recording_id === LIVE ? (recording.range?.from_us ?? null) : null);
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
  const list = $derived(
    [...incidentMarks(incidents.value ?? []), ...ownMarks(findings.value ?? [], recording.range?.to_us ?? 0)].sort(
      (a, b) => a.range.from_us - b.range.from_us,
    ),
  );
  return {
    get list() {
      return list;
    },
  };
}
