// The sequence diagram: a column per service, a row per message in order of time. Rows are of one height, so that a
// microsecond between two messages can be seen as well as a minute.

import type { Sequence, SequenceSpan } from "../backend";
import { titleOf } from "../compare/services";
import { clock } from "../format";
import type { PathShape, Scene, SceneShape, TextShape } from "../topology/picture/scene";
import type { SequencePalette } from "./palette";
import { outcome } from "./words";

export const ROW_PX = 30;
export const HEAD_PX = 34;
/** Left of the first column: the times. */
export const TIMES_PX = 104;

const NARROWEST_PX = 148;
const WIDEST_PX = 280;
const BAR_PX = 8;
const LANE_PX = 5;
const MOST_LANES = 5;

/** A message: the request or what came back. */
export interface Message {
  kind: "request" | "response";
  span: SequenceSpan;
  atUs: number;
  row: number;
}

/** A service at work on an exchange, from the row of the request to that of the answer. */
export interface Activation {
  span: SequenceSpan;
  fromRow: number;
  toRow: number;
  /** How many others it runs beside. */
  lane: number;
}

export interface Diagram {
  participants: readonly string[];
  messages: Message[];
  activations: Activation[];
  columnPx: number;
  width: number;
  height: number;
}

/** Where everything stands, in a view of that width. */
export function diagram({ participants, spans }: Sequence, room: number): Diagram {
  const messages = ordered(spans);
  const rows = new Map<number, [from: number, to: number]>();
  for (const { kind, span, row } of messages) {
    const known = rows.get(span.exchange_id);
    rows.set(span.exchange_id, kind === "request" ? [row, row] : [known?.[0] ?? row, row]);
  }
  const wanted = (room - TIMES_PX) / Math.max(1, participants.length);
  const columnPx = Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, wanted)));
  return {
    participants,
    messages,
    activations: inLanes(spans, rows),
    columnPx,
    width: TIMES_PX + columnPx * participants.length,
    height: messages.length * ROW_PX,
  };
}

/** Requests before answers of the same instant where one causes the other. */
function ordered(spans: readonly SequenceSpan[]): Message[] {
  const all = spans.flatMap((span, order) => [
    { kind: "request" as const, span, atUs: span.started_us, order, depth: span.depth },
    { kind: "response" as const, span, atUs: answeredUs(span), order, depth: -span.depth },
  ]);
  all.sort(
    (a, b) =>
      a.atUs - b.atUs ||
      (a.span === b.span
        ? a.kind === "request"
          ? -1
          : 1
        : Number(a.kind === "response") - Number(b.kind === "response")) ||
      a.depth - b.depth ||
      a.order - b.order,
  );
  return all.map(({ kind, span, atUs }, row) => ({ kind, span, atUs, row }));
}

/** When its answer began, or when nobody waited for one any more. */
const answeredUs = (span: SequenceSpan): number => Math.max(span.started_us, span.response_us ?? span.finished_us);

function inLanes(spans: readonly SequenceSpan[], rows: ReadonlyMap<number, [number, number]>): Activation[] {
  const busy = new Map<string, number[]>();
  const list = spans.map((span): Activation => {
    const [fromRow, toRow] = rows.get(span.exchange_id) ?? [0, 0];
    return { span, fromRow, toRow, lane: 0 };
  });
  for (const one of list.toSorted((a, b) => a.fromRow - b.fromRow)) {
    const lanes = busy.get(one.span.server) ?? [];
    const free = lanes.findIndex((until) => until < one.fromRow);
    one.lane = free < 0 ? lanes.length : free;
    lanes[one.lane] = one.toRow;
    busy.set(one.span.server, lanes);
  }
  return list;
}

/** The middle of a participant's column. */
export function columnX({ participants, columnPx }: Diagram, name: string): number {
  return TIMES_PX + (participants.indexOf(name) + 0.5) * columnPx;
}

const rowY = (row: number): number => row * ROW_PX + ROW_PX / 2 + 4;

/** Where a line stands that marks an instant: below the last message that was not later. */
export function instantY({ messages }: Diagram, atUs: number): number | null {
  const [first, last] = [messages[0], messages.at(-1)];
  if (first === undefined || last === undefined || atUs < first.atUs || atUs > last.span.finished_us) return null;
  return (messages.findLastIndex((message) => message.atUs <= atUs) + 1) * ROW_PX;
}

/** The names above the columns. */
export function headShapes(of: Diagram, palette: SequencePalette): SceneShape[] {
  return of.participants.flatMap((name): SceneShape[] => {
    const x = columnX(of, name);
    const w = of.columnPx - 20;
    return [
      {
        kind: "path",
        d: `M${x - w / 2} 5h${w}v24h${-w}z`,
        fill: palette.raised,
        stroke: palette.line,
        width: 1,
      },
      text(x, 21, titleOf(name), palette.text, { size: 11.5, weight: 620, anchor: "middle", most: w - 10 }),
    ];
  });
}

/** Life lines and activations between two rows. */
export function columnShapes(of: Diagram, first: number, end: number, palette: SequencePalette): SceneShape[] {
  const [top, bottom] = [first * ROW_PX, end * ROW_PX];
  const lines = of.participants.map((name): SceneShape => ({
    kind: "path",
    d: `M${columnX(of, name)} ${top}V${bottom}`,
    stroke: palette.grid,
    width: 1,
  }));
  const bars = of.activations
    .filter(({ fromRow, toRow }) => fromRow < end && toRow >= first)
    .map(({ span, fromRow, toRow, lane }): PathShape => {
      const x = columnX(of, span.server) - BAR_PX / 2 + Math.min(lane, MOST_LANES) * LANE_PX;
      const [from, to] = [Math.max(rowY(fromRow), top - 4), Math.min(rowY(toRow), bottom + 4)];
      return {
        kind: "path",
        d: `M${x} ${from}h${BAR_PX}v${Math.max(3, to - from)}h${-BAR_PX}z`,
        fill: span.failed ? palette.error : palette.bar,
        stroke: palette.pane,
        width: 1,
        opacity: span.failed ? 0.8 : 1,
      };
    });
  return [...lines, ...bars];
}

/** One message with its time. */
export function messageShapes(of: Diagram, message: Message, palette: SequencePalette): SceneShape[] {
  const { span, kind, row } = message;
  const y = rowY(row);
  const request = kind === "request";
  const bad = span.failed && !request;
  const colour = bad ? palette.error : request ? palette.text2 : palette.text3;
  const words = request ? span.label : outcome(span);
  const time = text(10, y + 1, clock(message.atUs), palette.text3, { size: 10.5, mono: true });
  const style = { size: 11, weight: 420 as const, halo: palette.pane, anchor: "middle" as const };
  if (span.client === span.server) {
    const x = columnX(of, span.server) + BAR_PX / 2;
    const loop = request ? `M${x} ${y - 4}h26v8h-20` : `M${x + 26} ${y}h-20`;
    const line: PathShape = { kind: "path", d: loop, stroke: colour, width: 1.4 };
    if (span.inferred && request) line.dash = [4, 3];
    const label = text(x + 34, y + 3, words, bad ? palette.errorText : palette.text, {
      ...style,
      anchor: "start",
      most: of.columnPx - 50,
    });
    return [time, line, head(x + 4, y + (request ? 4 : 0), -1, request, colour), label];
  }
  const [left, right] = [columnX(of, span.client), columnX(of, span.server)];
  const way = right > left ? 1 : -1;
  const [from, to] = request ? [left, right - way * (BAR_PX / 2)] : [right - way * (BAR_PX / 2), left];
  const direction = to > from ? 1 : -1;
  const shapes: SceneShape[] = [time];
  const unanswered = !request && span.status === null;
  // Nothing came back: the line ends half-way, with a cross.
  const end = unanswered ? from + direction * Math.min(46, Math.abs(to - from) / 2) : to;
  const line: PathShape = {
    kind: "path",
    d: `M${from} ${y}H${end - direction * (unanswered ? 0 : 5)}`,
    stroke: colour,
    width: bad ? 1.8 : 1.4,
  };
  if (request && span.inferred) line.dash = [5, 3];
  shapes.push(line);
  if (unanswered) shapes.push(cross(end, y, palette.error));
  else shapes.push(head(to, y, direction, request, colour));
  if (bad && !unanswered)
    shapes.push({ kind: "path", d: "M0 -4.6l5 8.6h-10z", fill: palette.error, at: [from + direction * 12, y] });
  const middle = (left + right) / 2;
  if (request && span.inferred) {
    shapes.push(text(middle, y + 11, "inferred", palette.text3, { ...style, size: 10 }));
  }
  shapes.push(
    text(middle, y - 5, words, bad ? palette.errorText : request ? palette.text : palette.text2, {
      ...style,
      most: Math.abs(right - left) - 24,
    }),
  );
  return shapes;
}

/** Requests end in a full head, answers in an open one. */
function head(x: number, y: number, direction: number, full: boolean, colour: string): PathShape {
  const back = x - direction * 7;
  if (full) return { kind: "path", d: `M${x} ${y}L${back} ${y - 4}L${back} ${y + 4}z`, fill: colour };
  return { kind: "path", d: `M${back} ${y - 4}L${x} ${y}L${back} ${y + 4}`, stroke: colour, width: 1.4 };
}

function cross(x: number, y: number, colour: string): PathShape {
  return { kind: "path", d: `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8`, stroke: colour, width: 1.8 };
}

/** All of it as one picture. */
export function diagramScene(of: Diagram, palette: SequencePalette): Scene {
  const below = (shape: SceneShape): SceneShape => lowered(shape, HEAD_PX);
  const shapes = [
    ...headShapes(of, palette),
    ...columnShapes(of, 0, of.messages.length, palette).map(below),
    ...of.messages.flatMap((message) => messageShapes(of, message, palette).map(below)),
  ];
  return { x: 0, y: 0, width: of.width, height: of.height + HEAD_PX + 8, background: palette.pane, shapes };
}

export function lowered(shape: SceneShape, by: number): SceneShape {
  if (shape.kind === "text") return { ...shape, y: shape.y + by };
  const [x, y] = shape.at ?? [0, 0];
  return { ...shape, at: [x, y + by] };
}

export function text(x: number, y: number, words: string, colour: string, more: Partial<TextShape> = {}): TextShape {
  return { kind: "text", x, y, text: words, colour, size: 11, weight: 420, anchor: "start", ...more };
}
