// What is open, what is being imported, and what could be opened.

import { ApiError, backend, type AppState, type Connection, type ImportProgress, type Recent } from "../backend";
import type { AlertsBadge, CaptureStatus, Recording, Sample, Tick, TimeRange, UploadProgress } from "../backend";

/** While packets are being read, the whole state is asked at most so often. */
const REFRESH_WHILE_IMPORTING_MS = 400;

/** The recording that live capture fills. */
const LIVE = "live";

const NO_ALERTS: AlertsBadge = { open: 0, unacknowledged: 0, websites_down: 0, probes_down: 0, generation: 0 };

class RecordingStore {
  /** Everything the host told last; null until it answered for the first time. */
  app = $state.raw<AppState | null>(null);
  /** Rises when rows were added or another recording was opened: part of every pull. */
  generation = $state(0);
  /** The import under way or just ended. */
  import = $state.raw<ImportProgress | null>(null);
  /** Live capture; null until the host answered. */
  capture = $state.raw<CaptureStatus | null>(null);
  /** Rises when the list of whisperers, a state, a configuration or a figure of one changed. */
  whisperers = $state(0);
  /** How many things are wrong with Wirereel itself. */
  health = $state(0);
  /** Open alerts, and websites that are down. */
  alerts = $state.raw<AlertsBadge>(NO_ALERTS);
  /** Rises when websites were checked, their figures were told anew, or their list changed. */
  checks = $state(0);
  /** The file on its way to the web host. */
  upload = $state.raw<UploadProgress | null>(null);
  connection = $state<Connection>("connecting");
  /** Why the last attempt to open something failed. */
  problem = $state.raw<ApiError | null>(null);

  #seq = -1;
  #refreshing = false;
  #refreshAgain = false;
  #refreshedAt = -REFRESH_WHILE_IMPORTING_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The open recording, or null. */
  get current(): Recording | null {
    return this.app?.recording ?? null;
  }

  /** First to last packet of the open recording; null while nothing was read. */
  get range(): TimeRange | null {
    return this.current?.range ?? null;
  }

  get recents(): Recent[] {
    return this.app?.recents ?? [];
  }

  get samples(): Sample[] {
    return this.app?.samples ?? [];
  }

  /** True while the recording is open that is captured live: websites, alerts and Wirereel's own figures are on its timeline. */
  get isLive(): boolean {
    return this.current?.recording_id === LIVE;
  }

  /** True while packets are being read. */
  get importing(): boolean {
    return this.import?.state === "running";
  }

  /** True while its end moves on: then there is something to follow. */
  get growing(): boolean {
    const capturing = this.capture?.state === "capturing" && this.isLive;
    return (this.importing || capturing) && this.range !== null;
  }

  /** Starts listening to the host; the function returned ends it. */
  follow(): () => void {
    void this.refresh();
    return backend().listen({
      tick: (tick) => this.#take(tick),
      connection: (state) => {
        const back = state === "open" && this.connection !== "open";
        this.connection = state;
        if (back) void this.refresh();
      },
    });
  }

  /** Asks for the whole state. Calls while one is under way are folded into one more. */
  async refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    this.#refreshing = true;
    try {
      do {
        this.#refreshAgain = false;
        this.#refreshedAt = performance.now();
        const seq = this.#seq;
        const app = await backend().appState();
        this.app = app;
        // A tick that came meanwhile may be newer than the answer; if it is older, another one follows.
        if (this.#seq !== seq) continue;
        this.import = app.import;
        this.capture = app.capture;
      } while (this.#refreshAgain);
    } catch (thrown) {
      this.problem = ApiError.from(thrown);
    } finally {
      this.#refreshing = false;
    }
  }

  openSample(name: string): Promise<void> {
    return this.#open(() => backend().openSample(name));
  }

  openRecent(recordingId: string): Promise<void> {
    return this.#open(() => backend().openRecent(recordingId));
  }

  forgetRecent(recordingId: string): Promise<void> {
    return this.#open(() => backend().forgetRecent(recordingId));
  }

  chooseFiles(): Promise<void> {
    return this.#open(() => backend().chooseFiles((upload) => (this.upload = upload)));
  }

  openDropped(files: File[]): Promise<void> {
    return this.#open(() => backend().openDropped(files, (upload) => (this.upload = upload)));
  }

  cancelImport(): Promise<void> {
    return this.#open(() => backend().cancelImport());
  }

  /** Captures on this machine with this configuration. */
  startCapture(config: Record<string, unknown>): Promise<void> {
    return this.#open(() => backend().captureStart(config));
  }

  stopCapture(): Promise<void> {
    return this.#open(() => backend().captureStop());
  }

  /** Shows what is captured live. */
  showLive(): Promise<void> {
    return this.openRecent(LIVE);
  }

  close(): Promise<void> {
    return this.#open(() => backend().closeRecording());
  }

  async #open(act: () => Promise<unknown>): Promise<void> {
    this.problem = null;
    try {
      await act();
    } catch (thrown) {
      const met = ApiError.from(thrown);
      if (!met.moot) this.problem = met;
    }
    await this.refresh();
  }

  #take(tick: Tick): void {
    const lost = this.#seq >= 0 && tick.seq !== this.#seq + 1;
    const changed = tick.generation !== this.generation;
    const ended = this.import?.state === "running" && tick.import?.state !== "running";
    this.#seq = tick.seq;
    this.import = tick.import;
    this.capture = tick.capture;
    this.generation = tick.generation;
    this.whisperers = tick.whisperers;
    this.health = tick.health;
    if (!sameBadge(this.alerts, tick.alerts)) this.alerts = tick.alerts;
    this.checks = tick.checks;
    if (!changed && !lost && !ended) return;
    clearTimeout(this.#timer);
    const next = this.importing || this.growing ? this.#refreshedAt + REFRESH_WHILE_IMPORTING_MS : 0;
    this.#timer = setTimeout(() => void this.refresh(), Math.max(0, next - performance.now()));
  }
}

function sameBadge(a: AlertsBadge, b: AlertsBadge): boolean {
  return (
    a.generation === b.generation &&
    a.open === b.open &&
    a.unacknowledged === b.unacknowledged &&
    a.websites_down === b.websites_down &&
    a.probes_down === b.probes_down
  );
}

export const recording = new RecordingStore();
