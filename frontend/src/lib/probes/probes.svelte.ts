// What the pane asks: the probes, and the one that is looked at.

import { untrack } from "svelte";
import {
  backend,
  pull,
  type ProbeDetail,
  type ProbeRow,
  type Probes,
  type ProbesQuestion,
  type Pulled,
  type TimeRange,
} from "../backend";
import { attempt } from "../exporting/saving";
import { probesView, recording, watched } from "../state";

/** Typing has to rest so long before it is asked for. */
const SETTLE_MS = 120;
/** Figures end now: they are told anew at least so often. */
const BEAT_MS = 10_000;
const HOUR_US = 3600e6;
/** Single results are read of so much time at most. */
const LONGEST_US = 31 * 86_400e6;
/** Columns of a path over time: one per minute of an hour. */
const COLUMNS = 60;

/** Which of them; kept while another pane is shown. */
class Listing {
  search = $state("");

  get narrowed(): boolean {
    return this.search.trim() !== "";
  }
}
export const listing = new Listing();

export class ProbesModel {
  readonly list: Pulled<Probes>;
  readonly detail: Pulled<ProbeDetail>;

  /** What stood first when nobody had chosen: the list goes on being sorted under it. */
  #first = $state<string | null>(null);
  /** Rises when figures are due. */
  #due = $state(0);

  /** The instant that is shown; null is now. */
  readonly at = $derived(watched.at);

  /** Call it while the pane is being made. */
  constructor() {
    this.list = pull({
      lane: "probes",
      settleMs: SETTLE_MS,
      question: (): ProbesQuestion => ({
        ...(this.at === null ? {} : { at_us: this.at }),
        ...(listing.narrowed ? { search: listing.search.trim() } : {}),
      }),
      generation: () => this.#news,
      ask: (host, question, options) => host.probes(question, options),
    });
    $effect(() => {
      const probes = this.list.value;
      if (probes === null) return;
      untrack(() => {
        if (probes.total === 0) this.#first = null;
        else this.#first ??= probes.rows[0]?.probe ?? null;
      });
    });
    $effect(() => {
      if (this.at !== null) return;
      const timer = setInterval(() => (this.#due += 1), BEAT_MS);
      return () => clearInterval(timer);
    });
    this.detail = pull({
      lane: "probe",
      settleMs: SETTLE_MS,
      question: () => {
        const probe = this.probe;
        if (probe === null) return null;
        const range = this.range;
        return { probe, ...(range === null ? {} : { range }), columns: COLUMNS };
      },
      generation: () => this.#news,
      ask: (host, question, options) => host.probe(question, options),
    });
  }

  /** The newest answer. */
  get all(): Probes | null {
    return this.list.value;
  }

  get rows(): readonly ProbeRow[] {
    return this.all?.rows ?? [];
  }

  /** Name of the one that is looked at: where none was chosen, what stood first when the list came. */
  get probe(): string | null {
    return probesView.probe ?? this.#first;
  }

  /** It is gone: the first of the list takes its place. */
  forgetProbe(): void {
    probesView.probe = null;
    this.#first = null;
    this.again();
  }

  /** Its row, as it was told last. */
  readonly chosen = $derived.by((): ProbeRow | null => {
    const name = this.probe;
    if (name === null) return null;
    return this.rows.find((row) => row.probe === name) ?? this.#detailOf(name)?.row ?? null;
  });

  /** The one that is looked at in depth, once it is known. */
  readonly path = $derived.by((): ProbeDetail | null => (this.probe === null ? null : this.#detailOf(this.probe)));

  /** Where it stands in the list, if it is in it. */
  readonly index = $derived.by((): number | null => {
    const index = this.rows.findIndex((row) => row.probe === this.probe);
    return index < 0 ? null : index;
  });

  /** The time of the path and of single probes: what was chosen, or the hour until the playhead; null is the past hour. */
  readonly range = $derived.by((): TimeRange | null => {
    const { span } = watched;
    if (span !== null) return { from_us: Math.max(span.from_us, span.to_us - LONGEST_US), to_us: span.to_us };
    return this.at === null ? null : { from_us: this.at - HOUR_US, to_us: this.at };
  });

  again(): void {
    this.list.again();
    this.detail.again();
  }

  /** Changes when there may be something new. A past moment does not change. */
  readonly #news = $derived.by((): number =>
    this.at === null ? recording.checks + this.#due + recording.alerts.generation : 0,
  );

  get news(): number {
    return this.#news;
  }

  #detailOf(name: string): ProbeDetail | null {
    const detail = this.detail.value;
    return detail?.row.probe === name ? detail : null;
  }
}

/** Rests a probe, or wakes it. */
export function pause(model: ProbesModel, probe: string, paused: boolean): Promise<void> {
  return attempt(async () => {
    await backend().probePause(probe, paused);
    model.again();
  });
}
