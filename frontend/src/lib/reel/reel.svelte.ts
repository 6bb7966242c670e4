// The reel's own state: the window that is shown, its counts, and what the keys and buttons of the reel do.

import { ApiError, backend, pull, type Density, type DensityQuestion, type Pulled, type TimeRange } from "../backend";
import { clock } from "../format";
import { bookmarks, messages, playhead, recording, selection } from "../state";
import { clipped, wholeQuestion, windowQuestion } from "./questions";
import { panned, resized, revealing, Scale, wholeView, zoomed } from "./scale";

/** A question is asked when the window has stood still for so long. */
const SETTLE_MS = 70;
const KEPT_ANSWERS = 24;
const ZOOM_STEP = 1.6;

class Reel {
  /** Width of the track in pixels. */
  width = $state(1000);
  /** The range being drawn; the selection changes when the drag ends. */
  draft = $state.raw<TimeRange | null>(null);
  /** Asks for a bookmark's note. */
  noting = $state(false);

  /** Null shows the whole recording, also while it grows. */
  #view = $state.raw<TimeRange | null>(null);
  #shown: Pulled<Density> | null = $state.raw(null);
  #overall: Pulled<Density> | null = $state.raw(null);
  readonly #answers = new Map<string, Density>();

  readonly #whole = $derived(recording.range === null ? null : wholeView(recording.range));

  /** The recording with some room at both ends; null while nothing was read. */
  get whole(): TimeRange | null {
    return this.#whole;
  }

  /** The window shown. */
  get view(): TimeRange | null {
    return this.#view ?? this.#whole;
  }

  /** True while all of the recording is shown. */
  get showsAll(): boolean {
    return this.#view === null;
  }

  /** Counts for the window, or the last ones known. */
  get density(): Density | null {
    return this.#shown?.value ?? null;
  }

  /** Counts for the whole recording. */
  get overall(): Density | null {
    return this.#overall?.value ?? null;
  }

  /** The range to draw. */
  get range(): TimeRange | null {
    return this.draft ?? selection.range;
  }

  /** Follows selection and window; call it while the reel is being made. */
  follow(): void {
    this.#shown = pull({
      lane: "density",
      settleMs: SETTLE_MS,
      question: () => this.#question(),
      generation: () => recording.generation,
      ask: (host, question, options) => this.#remembered(question, () => host.density(question, options)),
    });
    this.#overall = pull({
      lane: "overview",
      question: () => (recording.range === null ? null : wholeQuestion(recording.range, this.width)),
      generation: () => recording.generation,
      ask: (host, question, options) => this.#remembered(question, () => host.density(question, options)),
    });
    let known: string | undefined;
    $effect(() => {
      const id = recording.current?.recording_id;
      if (id === known) return;
      known = id;
      this.#view = null;
      this.#answers.clear();
      if (id !== undefined) void bookmarks.load();
      else bookmarks.list = [];
    });
  }

  showAll(): void {
    this.#view = null;
  }

  show(view: TimeRange): void {
    this.#view = this.#whole !== null && covers(view, this.#whole) ? null : view;
  }

  /** Zooms around an instant, or around the playhead if it is in view, else the middle. */
  zoom(direction: "in" | "out", pivotUs?: number, factor = ZOOM_STEP): void {
    const { view, whole } = this;
    if (view === null || whole === null) return;
    const at = playhead.at;
    const middle = (view.from_us + view.to_us) / 2;
    const pivot = pivotUs ?? (at !== null && at >= view.from_us && at <= view.to_us ? at : middle);
    this.show(zoomed(view, whole, direction === "in" ? 1 / factor : factor, pivot));
  }

  pan(byUs: number): void {
    if (this.view !== null && this.whole !== null) this.show(panned(this.view, this.whole, byUs));
  }

  /** Moves one edge of the window. */
  resize(edge: "from" | "to", us: number): void {
    if (this.view !== null && this.whole !== null) this.show(resized(this.view, this.whole, edge, us));
  }

  /** Moves the window so far that the instant is in it. */
  reveal(us: number): void {
    if (this.#view !== null && this.#whole !== null) this.#view = revealing(this.#view, this.#whole, us);
  }

  /** Moves an edge of the range to the playhead. */
  setRangeEdge(edge: "start" | "end"): void {
    const at = playhead.at;
    const whole = recording.range;
    if (at === null || whole === null) return;
    const old = selection.range ?? whole;
    if (edge === "start") selection.setRange({ from_us: at, to_us: at < old.to_us ? old.to_us : whole.to_us });
    else selection.setRange({ from_us: at > old.from_us ? old.from_us : whole.from_us, to_us: at });
  }

  /** What the arrows step to: matches of a filter, else failures, else (when nothing failed) exchanges. */
  get stepsTo(): "match" | "failure" | "exchange" {
    if (selection.filter !== "") return "match";
    return this.overall?.errors.some((errors) => errors > 0) === true ? "failure" : "exchange";
  }

  /** Moves the playhead to the next or previous event. */
  async step(direction: "forward" | "backward", times = 1): Promise<void> {
    let at = playhead.at;
    if (at === null) return;
    playhead.pause();
    const what = this.stepsTo;
    let label: string | null = null;
    try {
      for (let n = 0; n < times; n += 1) {
        const kind = what === "failure" ? "error" : "exchange";
        const question = { from_us: at, direction, kind, filter: selection.filter } as const;
        const found = await backend().nextEvent(question, { lane: "step" });
        if (found === null) break;
        at = found.at_us;
        label = found.label;
      }
    } catch (thrown) {
      return messages.showError(ApiError.from(thrown));
    }
    if (label === null) {
      return messages.show(`No ${what} ${direction === "forward" ? "after" : "before"} ${clock(at)}.`);
    }
    playhead.moveTo(at);
    this.reveal(at);
    messages.say(`${clock(at)}, ${label}`);
  }

  /** Opens the note of a new bookmark, or removes the one the playhead stands on. Stops the playhead, so that it stays at the mark. */
  async bookmark(): Promise<void> {
    playhead.pause();
    const at = playhead.at;
    if (at === null) return;
    const here = bookmarks.list.find((bookmark) => bookmark.at_us === at);
    if (here === undefined) this.noting = true;
    else await bookmarks.remove(here.id);
  }

  #question(): DensityQuestion | null {
    const { view, whole } = this;
    if (view === null || whole === null) return null;
    return windowQuestion(new Scale(view, this.width), whole, selection.filter);
  }

  async #remembered(question: DensityQuestion, ask: () => Promise<Density>): Promise<Density> {
    if (recording.importing) return withinRecording(await ask());
    const key = `${recording.generation} ${JSON.stringify(question)}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = withinRecording(await ask());
    this.#answers.set(key, answer);
    const oldest = this.#answers.keys().next();
    if (this.#answers.size > KEPT_ANSWERS && oldest.done !== true) this.#answers.delete(oldest.value);
    return answer;
  }
}

/** Before the first packet and after the last one nothing is missing. */
function withinRecording(density: Density): Density {
  const recorded = recording.range;
  return recorded === null ? density : { ...density, gaps: clipped(density.gaps, recorded) };
}

function covers(view: TimeRange, whole: TimeRange): boolean {
  return view.from_us <= whole.from_us && view.to_us >= whole.to_us;
}

export const reel = new Reel();
