// Which websites are compared, and by what.

import { backend, pull, type AskOptions, type Backend, type Pulled, type Series, type TimeRange } from "../backend";
import { MOST_SERVICES } from "../state";
import type { ChecksModel } from "./checks.svelte";
import { availabilitiesOf, responsesOf, seriesOf, type ComparedMetric, type Measured } from "./compared";

const POINTS = 240;

class Chosen {
  /** Null until somebody chose: the website that is looked at, alone. */
  names = $state.raw<readonly string[] | null>(null);
  metric = $state<ComparedMetric>("response");
}
const chosen = new Chosen();

interface Answer {
  metric: ComparedMetric;
  series: Series;
}

export class Comparison {
  readonly answer: Pulled<Answer>;
  readonly #model: ChecksModel;

  /** Call it while a component is being made. */
  constructor(model: ChecksModel) {
    this.#model = model;
    this.answer = pull({
      lane: "websites-compared",
      question: () =>
        this.names.length === 0 ? null : { names: this.names, metric: chosen.metric, range: this.#range },
      generation: () => this.#model.news,
      ask: (host, { names, metric, range }, options) => compared(host, names, metric, range, options),
    });
  }

  get names(): readonly string[] {
    if (chosen.names !== null) return chosen.names;
    return this.#model.website === null ? [] : [this.#model.website];
  }

  get full(): boolean {
    return this.names.length >= MOST_SERVICES;
  }

  get metric(): ComparedMetric {
    return chosen.metric;
  }

  set metric(metric: ComparedMetric) {
    chosen.metric = metric;
  }

  add(name: string): void {
    if (!this.full && !this.names.includes(name)) chosen.names = [...this.names, name];
  }

  remove(name: string): void {
    chosen.names = this.names.filter((one) => one !== name);
  }

  /** What is looked at; else the longest frame. */
  get #range(): TimeRange {
    const { span, all, at } = this.#model;
    if (span !== null) return span;
    const longest = all?.frames.reduce((most, { past_ms }) => Math.max(most, past_ms), 0) ?? 3_600_000;
    const end = at ?? all?.frames.at(-1)?.told_us ?? Date.now() * 1000;
    return { from_us: end - longest * 1000, to_us: end };
  }
}

async function compared(
  host: Backend,
  names: readonly string[],
  metric: ComparedMetric,
  range: TimeRange,
  options: AskOptions,
): Promise<Answer> {
  const lines: Measured[] = [];
  for (const website of names) {
    const { curve, heat } = await host.website({ website, range, points: POINTS }, options);
    lines.push(metric === "response" ? responsesOf(website, heat) : availabilitiesOf(website, curve));
  }
  return { metric, series: seriesOf(lines, range, POINTS) };
}

/** Names that hold a text, the first few. */
export async function found(text: string): Promise<string[]> {
  const { rows } = await backend().websites(
    { search: text, sort: "name", descending: false, offset: 0, limit: 30 },
    { lane: "website-picker" },
  );
  return rows.map(({ website }) => website);
}
