// What the Compare pane asks, and what it chooses where nobody chose.

import { pull, type Pulled, type Series, type TimeRange, type TimeWindow, type Topology } from "../backend";
import type { Difference, DifferenceQuestion, Incident, SeriesQuestion } from "../backend";
import { clipped } from "../reel/questions";
import { reel } from "../reel/reel.svelte";
import { comparison, MOST_SERVICES, recording, selection } from "../state";
import { firstChoice } from "./services";
import { afterWindow, beforeWindow } from "./windows";

const SETTLE_MS = 70;
/** Pixels per point. */
const POINT_PX = 3;
const MOST_POINTS = 4000;

interface Graph {
  recordingId: string;
  topology: Topology;
}

export class CompareModel {
  readonly #graph: Pulled<Graph>;
  readonly series: Pulled<Series>;
  readonly difference: Pulled<Difference>;
  readonly incidents: Pulled<Incident[]>;

  /** The window before while it is dragged; that after is the reel's own draft. */
  draftBefore = $state.raw<TimeRange | null>(null);

  /** Call it while the pane is being made. */
  constructor() {
    this.#graph = pull({
      lane: "compare-services",
      question: () => {
        const open = recording.current;
        return open === null || open.range === null
          ? null
          : { recordingId: open.recording_id, scope: { range: null, filter: selection.filter } };
      },
      generation: () => recording.generation,
      ask: async (host, { recordingId, scope }, options) => ({
        recordingId,
        topology: await host.topology(scope, options),
      }),
    });
    this.series = pull({
      lane: "series",
      settleMs: SETTLE_MS,
      question: () => this.#seriesQuestion(),
      generation: () => recording.generation,
      ask: async (host, question, options) => withinRecording(await host.series(question, options)),
    });
    this.difference = pull({
      lane: "difference",
      settleMs: SETTLE_MS,
      question: () => this.#differenceQuestion(),
      generation: () => recording.generation,
      ask: (host, question, options) => host.difference(question, options),
    });
    this.incidents = pull({
      lane: "compare-incidents",
      question: () => (recording.range === null ? null : { range: null }),
      generation: () => recording.generation,
      ask: (host, question, options) => host.incidents(question, options),
    });
  }

  /** The graph of the open recording; never that of the one before. */
  readonly topology = $derived.by((): Topology | null => {
    const known = this.#graph.value;
    return known !== null && known.recordingId === recording.current?.recording_id ? known.topology : null;
  });

  get graphError() {
    return this.#graph.error;
  }

  again(): void {
    this.#graph.again();
    this.series.again();
  }

  /** Names of the lines. */
  readonly services = $derived.by((): readonly string[] => {
    if (comparison.services !== null) return comparison.services;
    return this.topology === null ? [] : firstChoice(this.topology);
  });

  readonly after = $derived.by((): TimeRange | null => {
    if (recording.range === null) return null;
    return afterWindow(reel.range, recording.range);
  });

  readonly before = $derived.by((): TimeWindow | null => {
    const [recorded, after] = [recording.range, this.after];
    if (recorded === null || after === null) return null;
    if (this.draftBefore !== null) return { recording_id: null, range: this.draftBefore };
    return beforeWindow(comparison.before, after, recorded);
  });

  /** The part of the window before that lies on this recording's time axis. */
  readonly beforeHere = $derived(this.before?.recording_id === null ? this.before.range : null);

  /** What the answer stands for: the shown line-up may be of the question before. */
  readonly shown = $derived.by((): Series | null => {
    const value = this.series.value;
    if (value === null || value.metric !== comparison.metric) return null;
    return { ...value, series: value.series.filter(({ service }) => this.services.includes(service)) };
  });

  /** A drag of the window before has ended. */
  setBefore(range: TimeRange): void {
    this.draftBefore = null;
    comparison.before = { recording_id: null, range };
  }

  /** The window after is the selected range. A window before that nobody chose moves along. */
  setAfter(range: TimeRange): void {
    reel.draft = null;
    selection.setRange(range);
  }

  add(name: string): void {
    if (this.services.includes(name)) return;
    comparison.services = [...this.services, name].slice(-MOST_SERVICES);
  }

  replace(old: string, name: string): void {
    comparison.services = this.services.map((service) => (service === old ? name : service));
  }

  remove(name: string): void {
    comparison.services = this.services.filter((service) => service !== name);
  }

  #seriesQuestion(): SeriesQuestion | null {
    const [view, recorded] = [reel.view, recording.range];
    if (view === null || recorded === null || this.services.length === 0) return null;
    const from_us = Math.max(recorded.from_us, Math.floor(view.from_us));
    const to_us = Math.min(recorded.to_us + 1, Math.ceil(view.to_us) + 1);
    if (from_us >= to_us) return null;
    const points = Math.round(reel.width / POINT_PX);
    return {
      range: { from_us, to_us },
      points: Math.min(MOST_POINTS, Math.max(1, points)),
      metric: comparison.metric,
      services: [...this.services],
      filter: selection.filter,
    };
  }

  #differenceQuestion(): DifferenceQuestion | null {
    const recorded = recording.range;
    if (recorded === null || comparison.below !== "difference") return null;
    // Not the drafts: the answer comes when a drag has ended.
    const after = afterWindow(selection.range, recorded);
    const before = beforeWindow(comparison.before, after, recorded);
    if (before === null) return null;
    return { before, after: { recording_id: null, range: after }, filter: selection.filter };
  }
}

/** Before the first packet and after the last one nothing is missing. */
function withinRecording(series: Series): Series {
  const recorded = recording.range;
  return recorded === null ? series : { ...series, gaps: clipped(series.gaps, recorded) };
}
