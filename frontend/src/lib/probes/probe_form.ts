// The form of a probe.

import type { ProbeDraft, ProbeRun } from "../backend";
import type { EntryKind } from "../form/entry_form.svelte";

export const PROBE: EntryKind<ProbeDraft, ProbeRun> = {
  part: "probe",
  draft: (probe, original) => ({ probe, ...(original === undefined ? {} : { original }) }),
  schema: (host) => host.probeSchema(),
  check: (host, draft, options) => host.probeCheck(draft, options),
  save: (host, draft) => host.probeSave(draft),
  test: (host, draft, options) => host.probeTest(draft, options),
};
