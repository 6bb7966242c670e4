// The reel's own state: the window that is shown, its counts, and what the keys and buttons of the reel do.

import { untrack } from "svelte";
import { pull, type Bookmark, type Density, type DensityQuestion, type Pulled, type TimeRange } from "../backend";
import { bookmarks, playhead, recording, selection } from "../state";
import { pullMarks } from "./incidents.svelte";
import type { Mark } from "./marks";
import { clipped, wholeQuestion, windowQuestion } from "./questions";
import { ending, panned, resized, revealing, Scale, wholeView, zoomed } from "./scale";

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
  #marks: { readonly list: readonly Mark[] } | null = $state.raw(null);
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

  /** What the alerts lane shows, ascending. */
  get marks(): readonly Mark[] {
    return this.#marks?.list ?? [];
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
    this.#marks = pullMarks();
    this.#followEnd();
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

  /** Zooms around the playhead if it is in view, else around the middle. */
  zoom(direction: "in" | "out"): void {
    const view = this.view;
    if (view === null) return;
    const at = playhead.at;
    const middle = (view.from_us + view.to_us) / 2;
    const pivot = at !== null && at >= view.from_us && at <= view.to_us ? at : middle;
    this.zoomBy(direction === "in" ? 1 / ZOOM_STEP : ZOOM_STEP, pivot);
  }

  /** Shows `factor` times as much time; `pivotUs` stays where it is. */
  zoomBy(factor: number, pivotUs: number): void {
    if (this.view !== null && this.whole !== null) this.show(zoomed(this.view, this.whole, factor, pivotUs));
  }

  pan(byUs: number): void {
    if (this.view === null || this.whole === null) return;
    // Who looks elsewhere does not want to be taken along.
    playhead.leaveLive();
    this.show(panned(this.view, this.whole, byUs));
  }

  /** Moves the window so that it begins at an instant, as replay does when it leaves the window. */
  turnTo(us: number): void {
    const [view, whole] = [this.#view, this.#whole];
    if (view !== null && whole !== null) this.show(panned(view, whole, us - view.from_us));
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

  /** Opens the note of a new bookmark, or removes the one the playhead stands on. Stops the playhead, so that it stays at the mark. */
  async bookmark(): Promise<void> {
    playhead.pause();
    const at = playhead.at;
    if (at === null) return;
    const here = bookmarks.list.find((bookmark) => bookmark.at_us === at);
    if (here === undefined) this.noting = true;
    else await bookmarks.remove(here.id);
  }

  /** Opens the note of a bookmark that there is. */
  async note(bookmark: Bookmark): Promise<void> {
    playhead.pause();
    playhead.moveTo(bookmark.at_us);
    playhead.settle();
    // The click that opened it has to end first: it would count as one outside.
    await new Promise((after) => setTimeout(after));
    this.noting = true;
  }

  /** While live, range and window end where the recording ends, and keep their length. */
  #followEnd(): void {
    $effect(() => {
      const end = recording.range?.to_us;
      if (!playhead.live || end === undefined) return;
      untrack(() => {
        selection.endRangeAt(end);
        if (this.#view !== null && this.#whole !== null) this.#view = ending(this.#view, this.#whole, end);
      });
    });
    $effect(() => {
      if (!recording.growing) playhead.live = false;
    });
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
