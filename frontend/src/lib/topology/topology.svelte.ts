// The graph that the pane shows: pulled, placed, routed.

import { untrack } from "svelte";
import { pull, type Pulled, type Scope, type StateAt, type Topology, type UnresolvedPage } from "../backend";
import { naming } from "../customers/naming.svelte";
import { moment, playhead, recording, selection } from "../state";
import { NO_BOXES, withCentres, type Boxes, type Link, type Point } from "./layout/geometry";
import type { Room } from "./layout/layered";
import { routes, type Route } from "./layout/routes";
import type { ColourBy, WidthBy } from "./measures";
import { Pace } from "./pace";
import { Places } from "./places.svelte";
import { shapeOf, type Form } from "./shapes";
import { graphView, type GraphView } from "./view";

/** An answer and the recording it is of. */
interface Known {
  recordingId: string;
  graph: Topology;
}

interface Question {
  recordingId: string;
  scope: Scope;
}

/** So many of the addresses that nobody could name are listed beside the graph. */
const UNRESOLVED_SHOWN = 50;

/** With more edges than this a dragged card pulls its edges along and the others find new ways when it is dropped. */
const ROUTED_LIVE = 400;

/** With more nodes than this, drawing the graph takes longer than a frame. */
const LARGE = 150;

/** What the model needs to know from the pane. */
export interface PaneFacts {
  form: () => Form;
  room: () => Room | null;
  colourBy: () => ColourBy;
  widthBy: () => WidthBy;
}

const WHOLE: Scope = { range: null, filter: "" };

/** Make one while a component is being made. */
export class TopologyModel {
  readonly scoped: Pulled<Known>;
  /** The busiest of those that nobody could name, and how many there are. */
  readonly unresolved: Pulled<UnresolvedPage>;
  /** The card in the user's hand. */
  dragging = $state.raw<{ name: string; at: Point } | null>(null);
  /** The moment that is drawn; of a large graph only as often as drawing it leaves the playhead free to move. */
  instant = $state.raw<StateAt | null>(null);

  readonly #whole: Pulled<Known>;
  readonly #facts: PaneFacts;
  readonly #kept: { key: string; places: Places }[] = [];

  constructor(facts: PaneFacts) {
    this.#facts = facts;
    const ask = (lane: string, question: () => Question | null): Pulled<Known> =>
      pull<Question, Known>({
        lane,
        question,
        generation: () => recording.generation + naming.revision,
        ask: async (host, { recordingId, scope }, options) => ({
          recordingId,
          graph: await host.topology(scope, options),
        }),
      });
    this.#whole = ask("topology-whole", () => this.#question(WHOLE));
    this.scoped = ask("topology", () => (this.#everything ? null : this.#question(selection.scope)));
    this.unresolved = pull({
      lane: "unresolved",
      question: () => this.#question(selection.scope),
      generation: () => recording.generation + naming.revision,
      ask: (host, { scope }, options) =>
        host.unresolved({ scope, sort: "flows", descending: true, offset: 0, limit: UNRESOLVED_SHOWN }, options),
    });
    $effect(() => this.#place());
    this.#followMoment();
    this.#settleAfterImport();
  }

  /** The whole recording's graph; null until it is known. */
  readonly whole = $derived.by(() => this.#current(this.#whole));

  /** The graph whose figures are shown. */
  readonly figures = $derived.by(() => (this.#everything ? this.whole : (this.#current(this.scoped) ?? this.whole)));

  readonly places = $derived.by(() => {
    const id = recording.current?.recording_id;
    return id === undefined ? null : this.#placesOf(id, this.#facts.form());
  });

  readonly view: GraphView | null = $derived.by(() => {
    if (!this.whole || !this.figures) return null;
    const drawing = { colourBy: this.#facts.colourBy(), widthBy: this.#facts.widthBy() };
    return graphView(this.whole, this.figures, this.instant, drawing);
  });

  readonly #standing: Boxes = $derived(this.places?.boxes ?? NO_BOXES);
  readonly boxes: Boxes = $derived(
    this.dragging ? withCentres(this.#standing, [[this.dragging.name, this.dragging.at]]) : this.#standing,
  );

  readonly #links: Link[] = $derived(this.view?.edges.map(({ client, server }) => ({ client, server })) ?? []);
  /** The links as text: equal figures make equal links, and routes need not be found again. */
  readonly #linksKey = $derived(JSON.stringify(this.#links));

  readonly routes: ReadonlyMap<string, Route> = $derived.by(() => {
    void this.#linksKey;
    const links = untrack(() => this.#links);
    return routes(links.length > ROUTED_LIVE ? this.#standing : this.boxes, links);
  });

  /** True while a newer answer is on its way and it takes long enough to say so. */
  get slow(): boolean {
    return this.#whole.slow || this.scoped.slow;
  }

  get error() {
    return this.scoped.error ?? this.#whole.error;
  }

  again(): void {
    this.#whole.again();
    this.scoped.again();
    this.unresolved.again();
  }

  /** Lays the graph out anew, also what was dragged. */
  tidy(): void {
    const room = this.#facts.room();
    if (this.view && room) this.places?.tidy(this.#shapes(this.view), this.#links, this.#roots(), room, true);
  }

  drop(name: string, at: Point): void {
    this.places?.drop(name, at);
    this.dragging = null;
  }

  get #everything(): boolean {
    return selection.range === null && selection.filter === "";
  }

  #question(scope: Scope): Question | null {
    const open = recording.current;
    return open === null || open.range === null ? null : { recordingId: open.recording_id, scope };
  }

  #current(pulled: Pulled<Known>): Topology | null {
    const known = pulled.value;
    return known && known.recordingId === recording.current?.recording_id ? known.graph : null;
  }

  #placesOf(id: string, form: Form): Places {
    const key = `${form} ${id}`;
    const kept = this.#kept.find((one) => one.key === key);
    if (kept) return kept.places;
    const places = untrack(() => new Places(id, form));
    this.#kept.push({ key, places });
    return places;
  }

  #shapes(view: GraphView) {
    return view.nodes.map((node) => shapeOf(this.#facts.form(), node));
  }

  #roots(): string[] {
    const customers = this.view?.nodes.filter((node) => node.kind === "customers") ?? [];
    return [...customers.map((node) => node.name), ...(this.whole?.entry_points ?? [])];
  }

  #place(): void {
    const room = this.#facts.room();
    const view = this.view;
    const places = this.places;
    if (view && places && room) {
      untrack(() => places.hold(this.#shapes(view), this.#links, this.#roots(), room));
    }
  }

  #followMoment(): void {
    const pace = new Pace();
    $effect(() => {
      const state = moment.state;
      const large = untrack(() => (this.whole?.nodes.length ?? 0) > LARGE);
      if (state === null || !large) {
        this.instant = state;
        return;
      }
      // A hand rests when the playhead does, however late the answers are.
      if (playhead.dragging) void playhead.at;
      const timer = setTimeout(() => pace.draw(() => (this.instant = state)), pace.waitMs(playhead.dragging));
      return () => clearTimeout(timer);
    });
  }

  /** While a file is read, nodes come one by one; when it is read, an untouched graph is laid out once as a whole. */
  #settleAfterImport(): void {
    let grown = false;
    $effect(() => {
      if (recording.importing) grown = true;
      else if (grown && this.whole && !this.#whole.slow) {
        grown = false;
        untrack(() => {
          const room = this.#facts.room();
          if (this.view && room && this.places && !this.places.arranged) {
            this.places.tidy(this.#shapes(this.view), this.#links, this.#roots(), room);
          }
        });
      }
    });
  }
}
