import { describe, expect, it } from "vitest";
import { useBackend, type AppState, type Backend, type CaptureState, type CaptureStatus } from "../backend";
import type { PushListener } from "../backend/backend";
import { recording } from "./recording.svelte";

const capture = (state: CaptureState): CaptureStatus => ({
  state,
  reason: null,
  interfaces: [],
  since_us: null,
  packets: 0,
  bytes: 0,
  lost: 0,
  packets_per_s: 0,
  bytes_per_s: 0,
  cpu: 0,
  memory_bytes: 0,
});

const app = (state: CaptureState): AppState => ({
  version: "0",
  host: "browser",
  recording: null,
  import: null,
  capture: capture(state),
  recents: [],
  samples: [],
});

const alerts = { open: 0, unacknowledged: 0, websites_down: 0, probes_down: 0, generation: 0 };

/** A host whose answers come by hand. */
function host() {
  const answers: ((app: AppState) => void)[] = [];
  let listener: PushListener | undefined;
  const made: Partial<Backend> = {
    appState: () => new Promise((answer) => answers.push(answer)),
    listen: (to) => {
      listener = to;
      return () => undefined;
    },
  };
  useBackend(made as Backend);
  let seq = 0;
  return {
    answer: async (state: CaptureState) => {
      answers.shift()?.(app(state));
      await new Promise((later) => setTimeout(later, 0));
    },
    tick: (state: CaptureState) =>
      listener?.tick({
        seq: ++seq,
        generation: 0,
        import: null,
        capture: capture(state),
        whisperers: 0,
        health: 0,
        alerts,
        checks: 0,
      }),
  };
}

describe("the state of capture", () => {
  it("is the tick's that came while the whole state was on its way", async () => {
    const { answer, tick } = host();
    const end = recording.follow();
    await answer("stopped");
    expect(recording.capture?.state).toBe("stopped");
    void recording.refresh();
    tick("wrong_configuration");
    await answer("connecting");
    expect(recording.capture?.state).toBe("wrong_configuration");
    void recording.refresh();
    await answer("capturing");
    expect(recording.capture?.state).toBe("capturing");
    end();
  });
});
