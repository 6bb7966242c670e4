// The marks of the alerts lane: today what the recording's own incidents give.

import { pull, type Incident } from "../backend";
import { recording } from "../state";
import { incidentMarks, type Mark } from "./marks";

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
  const list = $derived(incidentMarks(incidents.value ?? []));
  return {
    get list() {
      return list;
    },
  };
}
