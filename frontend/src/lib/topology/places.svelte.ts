// Where cards stand: laid out once, then only added to. What the user dragged is remembered for the recording.

import { Remembered } from "../state";
import type { Box, Link, Point, Shape } from "./layout/geometry";
import { layered, type Room } from "./layout/layered";
import { placeNewcomers } from "./layout/newcomers";
import { SPACING, type Form } from "./shapes";

/** Dragged positions by form and name. */
type Dragged = Partial<Record<Form, Record<string, [x: number, y: number]>>>;

/** The places of one recording's graph. Reactive. */
export class Places {
  /** Every card's box. Replaced, never changed in place. */
  boxes = $state.raw<ReadonlyMap<string, Box>>(new Map());

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

  /** Makes room for shapes that have none yet; those that have keep it. */
  hold(shapes: Shape[], links: Link[], roots: string[], room: Room): void {
    const unplaced = shapes.filter((shape) => !this.boxes.has(shape.name));
    if (unplaced.length === 0) return;
    if (this.boxes.size === 0) this.tidy(shapes, links, roots, room);
    else this.#add(unplaced, links);
  }

  /** Lays everything out anew; what was dragged stays unless `forget`. */
  tidy(shapes: Shape[], links: Link[], roots: string[], room: Room, forget = false): void {
    if (forget) this.#dragged.value = { ...this.#dragged.value, [this.#form]: {} };
    this.boxes = layered(shapes, links, { roots, room, ...SPACING[this.#form] });
    this.layouts += 1;
    this.#moveDragged();
  }

  /** The user put a card somewhere. */
  drop(name: string, at: Point): void {
    this.move(name, at);
    const own = { ...this.#own, [name]: [Math.round(at.x), Math.round(at.y)] as [number, number] };
    this.#dragged.value = { ...this.#dragged.value, [this.#form]: own };
  }

  /** A card on its way; not remembered. */
  move(name: string, at: Point): void {
    const box = this.boxes.get(name);
    if (box) this.boxes = new Map(this.boxes).set(name, { ...box, x: at.x, y: at.y });
  }

  get #own(): Record<string, [number, number]> {
    return this.#dragged.value[this.#form] ?? {};
  }

  #add(shapes: Shape[], links: Link[]): void {
    const added = placeNewcomers(this.boxes, shapes, links, SPACING[this.#form]);
    this.boxes = new Map([...this.boxes, ...added]);
    this.#moveDragged();
  }

  #moveDragged(): void {
    const own = Object.entries(this.#own).filter(([name]) => this.boxes.has(name));
    if (own.length === 0) return;
    const boxes = new Map(this.boxes);
    for (const [name, [x, y]] of own) boxes.set(name, { ...(boxes.get(name) as Box), x, y });
    this.boxes = boxes;
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
