// Where cards stand: laid out once, then only added to, unless it grows by much. What the user dragged is remembered for the recording.

import { Remembered } from "../state";
import { NO_BOXES, withBoxes, withCentres, type Boxes, type Link, type Point, type Shape } from "./layout/geometry";
import { layered, type Corner, type Room } from "./layout/layered";
import { placeNewcomers } from "./layout/newcomers";
import { SPACING, type Form } from "./shapes";

/** Where the table of unresolved addresses lies. */
const TABLE_CORNER: Corner = { width: 286, height: 172 };

/** Newcomers of more than this share of what is there make it another graph, as in the first seconds of a live capture. */
const MUCH = 0.2;

/** Dragged positions by form and name. */
type Dragged = Partial<Record<Form, Record<string, [x: number, y: number]>>>;

/** The places of one recording's graph. Reactive. */
export class Places {
  /** Every card's box. Replaced, never changed in place. */
  boxes = $state.raw<Boxes>(NO_BOXES);

  /** Rises when everything was laid out anew. */
  layouts = $state(0);

  readonly #form: Form;
  readonly #dragged: Remembered<Dragged>;

  constructor(recordingId: string, form: Form) {
    this.#form = form;
    this.#dragged = new Remembered<Dragged>(`topology.places.${recordingId}`, {}, readDragged);
    void this.#dragged.load().then(() => this.#moveDragged());
  }

  /** True once the user moved something. */
  get arranged(): boolean {
    return Object.keys(this.#own).length > 0;
  }

  /** Makes room for shapes that have none yet; those that have keep it, unless there are many new ones and the user arranged nothing. */
  hold(shapes: Shape[], links: Link[], roots: string[], room: Room): void {
    const unplaced = shapes.filter((shape) => !this.boxes.has(shape.name));
    if (unplaced.length === 0) return;
    const grows = !this.arranged && unplaced.length > this.boxes.size * MUCH;
    if (grows) this.tidy(shapes, links, roots, room);
    else this.#add(unplaced, links);
  }

  /** Lays everything out anew; what was dragged stays unless `forget`. */
  tidy(shapes: Shape[], links: Link[], roots: string[], room: Room, forget = false): void {
    if (forget) this.#dragged.value = { ...this.#dragged.value, [this.#form]: {} };
    const corner = this.#form === "cards" ? TABLE_CORNER : undefined;
    this.boxes = layered(shapes, links, { roots, room, corner, ...SPACING[this.#form] });
    this.layouts += 1;
    this.#moveDragged();
  }

  /** The user put a card somewhere. */
  drop(name: string, at: Point): void {
    this.boxes = withCentres(this.boxes, [[name, at]]);
    const own = { ...this.#own, [name]: [Math.round(at.x), Math.round(at.y)] as [number, number] };
    this.#dragged.value = { ...this.#dragged.value, [this.#form]: own };
  }

  get #own(): Record<string, [number, number]> {
    return this.#dragged.value[this.#form] ?? {};
  }

  #add(shapes: Shape[], links: Link[]): void {
    this.boxes = withBoxes(this.boxes, placeNewcomers(this.boxes, shapes, links, SPACING[this.#form]));
    this.#moveDragged();
  }

  #moveDragged(): void {
    const own = Object.entries(this.#own).map(([name, [x, y]]): [string, Point] => [name, { x, y }]);
    if (own.length > 0) this.boxes = withCentres(this.boxes, own);
  }
}

function readDragged(stored: unknown): Dragged | null {
  if (typeof stored !== "object" || stored === null) return null;
  const read: Dragged = {};
  for (const form of ["cards", "rings"] as const) {
    const places = (stored as Record<string, unknown>)[form];
    if (typeof places !== "object" || places === null) continue;
    read[form] = Object.fromEntries(
      Object.entries(places).filter((entry): entry is [string, [number, number]] => isPoint(entry[1])),
    );
  }
  return read;
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}
