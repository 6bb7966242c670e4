// How edges run: out of the right side of the caller, into the left side of the callee, through the free lanes between the
// cards of the columns in between. Ends on one side are ordered by where they lead, so that edges do not cross at a card.

import {
  bottom,
  clampTo,
  freeSpans,
  left,
  linkKey,
  nearestSpan,
  right,
  top,
  type Box,
  type Link,
  type Point,
  type Span,
} from "./geometry";

/** The control polygon of a smooth curve: first and last point lie on it, the others pull it (see `curve.ts`). */
export type Route = Point[];

/** Distance kept between a lane and a card, and between lanes. */
const CLEARANCE = 9;
const LANE_GAP = 8;
/** An edge needs at least so much width to change its height. */
const LEAST_TURN = 26;
/** Ends may leave a card's centre this far up or down. */
const PORT_REACH = 22;
/** How far a curve that turns back swings out. */
const SWING = 20;
/** Share of a gap that the curve uses to leave horizontally. */
const LEAD = 0.35;
const PORT_GAP = 10;

interface Waypoint {
  from: number;
  to: number;
  y: number;
}

interface Plan {
  key: string;
  link: Link;
  kind: "forward" | "back" | "beside";
  waypoints: Waypoint[];
}

interface Wish {
  plan: Plan;
  waypoint: Waypoint;
}

/** A route for every link whose ends are placed, except calls of a service to itself. */
export function routes(boxes: ReadonlyMap<string, Box>, links: Link[]): Map<string, Route> {
  const plans: Plan[] = [];
  const lanes = new Map<string, { span: Span; wishes: Wish[] }>();
  for (const link of links) {
    const a = boxes.get(link.client);
    const b = boxes.get(link.server);
    if (!a || !b || link.client === link.server) continue;
    plans.push(plan(link, a, b, boxes, lanes));
  }
  for (const lane of lanes.values()) spread(lane.span, lane.wishes);

  const ports = assignPorts(plans, boxes);
  const result = new Map<string, Route>();
  for (const one of plans) {
    const a = boxes.get(one.link.client) as Box;
    const b = boxes.get(one.link.server) as Box;
    const start = { x: right(a), y: a.y + (ports.get(`${one.key}\u0002out`) ?? 0) };
    const y = b.y + (ports.get(`${one.key}\u0002in`) ?? 0);
    const end = one.kind === "beside" ? { x: right(b), y } : { x: left(b), y };
    result.set(one.key, draw(one, start, end));
  }
  return result;
}

function plan(
  link: Link,
  a: Box,
  b: Box,
  boxes: ReadonlyMap<string, Box>,
  lanes: Map<string, { span: Span; wishes: Wish[] }>,
): Plan {
  const key = linkKey(link);
  if (left(b) - right(a) >= SWING / 2) {
    const made: Plan = { key, link, kind: "forward", waypoints: [] };
    let from: Point = { x: right(a), y: a.y };
    for (const column of columnsBetween(right(a), left(b), link, boxes)) {
      if (!inTheWay(column, from.y, b.y)) continue;
      const centre = (column.from + column.to) / 2;
      const share = (centre - from.x) / Math.max(1, left(b) - from.x);
      const wanted = from.y + (b.y - from.y) * share;
      const waypoint = wish(made, column, wanted, lanes);
      from = { x: column.to, y: waypoint.y };
    }
    return made;
  }
  if (right(b) > left(a)) return { key, link, kind: "beside", waypoints: [] };

  const made: Plan = { key, link, kind: "back", waypoints: [] };
  const passed = [...boxes].filter(([, box]) => right(box) > left(b) - SWING && left(box) < right(a) + SWING);
  const column = { from: left(b) - SWING, to: right(a) + SWING, boxes: passed };
  wish(made, column, (a.y + b.y) / 2, lanes);
  return made;
}

/** True when a curve between two heights could touch one of the column's cards. */
function inTheWay(column: Column, y1: number, y2: number): boolean {
  const reach = CLEARANCE + PORT_REACH;
  const high = Math.min(y1, y2) - reach;
  const low = Math.max(y1, y2) + reach;
  return column.boxes.some(([, box]) => bottom(box) > high && top(box) < low);
}

interface Column {
  from: number;
  to: number;
  boxes: [string, Box][];
}

/** The cards that stand between two x positions, grouped where they overlap horizontally, left to right. */
function columnsBetween(from: number, to: number, link: Link, boxes: ReadonlyMap<string, Box>): Column[] {
  const between = [...boxes]
    .filter(([name, box]) => name !== link.client && name !== link.server && right(box) > from && left(box) < to)
    .sort(([, a], [, b]) => left(a) - left(b));
  const columns: Column[] = [];
  for (const entry of between) {
    const box = entry[1];
    const last = columns.at(-1);
    if (last && left(box) < last.to) {
      last.boxes.push(entry);
      last.to = Math.max(last.to, Math.min(right(box), to));
    } else {
      columns.push({ from: Math.max(left(box), from), to: Math.min(right(box), to), boxes: [entry] });
    }
  }
  return columns;
}

function wish(
  plan: Plan,
  column: Column,
  wanted: number,
  lanes: Map<string, { span: Span; wishes: Wish[] }>,
): Waypoint {
  const spans = freeSpans(
    column.boxes.map(([, box]) => box),
    CLEARANCE,
  );
  const index = nearestSpan(spans, wanted);
  const span = spans[index] as Span;
  const waypoint: Waypoint = { from: column.from, to: column.to, y: clampTo(span, wanted) };
  plan.waypoints.push(waypoint);
  const names = column.boxes.map(([name]) => name).sort();
  const key = `${names.join("\u0001")}\u0002${index}`;
  const lane = lanes.get(key) ?? { span, wishes: [] };
  lane.wishes.push({ plan, waypoint });
  lanes.set(key, lane);
  return waypoint;
}

/** Lanes of one free span: in the order they want, at least `LANE_GAP` apart where there is room. */
function spread([from, to]: Span, wishes: Wish[]): void {
  wishes.sort((a, b) => a.waypoint.y - b.waypoint.y || (a.plan.key < b.plan.key ? -1 : 1));
  const gap = wishes.length > 1 ? Math.min(LANE_GAP, (to - from) / (wishes.length - 1)) : 0;
  const ys: number[] = [];
  for (const { waypoint } of wishes) ys.push(Math.max(waypoint.y, (ys.at(-1) ?? -Infinity) + gap));
  let limit = to;
  for (let i = ys.length - 1; i >= 0; i--) {
    ys[i] = Math.min(ys[i] as number, limit);
    limit = (ys[i] as number) - gap;
  }
  wishes.forEach(({ waypoint }, i) => (waypoint.y = Math.max(from, ys[i] as number)));
}

/** Vertical offset of each end from its card's centre, by `key + U+0002 + "out" | "in"`. */
function assignPorts(plans: Plan[], boxes: ReadonlyMap<string, Box>): Map<string, number> {
  const sides = new Map<string, { port: string; towards: number }[]>();
  const add = (side: string, port: string, towards: number) =>
    sides.set(side, [...(sides.get(side) ?? []), { port, towards }]);
  for (const one of plans) {
    const a = boxes.get(one.link.client) as Box;
    const b = boxes.get(one.link.server) as Box;
    add(`${one.link.client}\u0002right`, `${one.key}\u0002out`, one.waypoints[0]?.y ?? b.y);
    const side = one.kind === "beside" ? "right" : "left";
    add(`${one.link.server}\u0002${side}`, `${one.key}\u0002in`, one.waypoints.at(-1)?.y ?? a.y);
  }
  const offsets = new Map<string, number>();
  for (const [side, ends] of sides) {
    const box = boxes.get(side.slice(0, side.indexOf("\u0002"))) as Box;
    const room = Math.max(0, Math.min(box.h - 14, (ends.length - 1) * PORT_GAP));
    ends.sort((a, b) => a.towards - b.towards || (a.port < b.port ? -1 : 1));
    ends.forEach(({ port }, i) => offsets.set(port, ends.length > 1 ? (i / (ends.length - 1) - 0.5) * room : 0));
  }
  return offsets;
}

function draw(plan: Plan, start: Point, end: Point): Route {
  if (plan.kind === "beside") {
    const x = Math.max(start.x, end.x) + SWING * 1.4;
    return [start, { x, y: start.y }, { x, y: end.y }, end];
  }
  if (plan.kind === "back") {
    const y = plan.waypoints[0]?.y ?? (start.y + end.y) / 2;
    const out = start.x + SWING;
    const back = end.x - SWING;
    return [start, { x: out, y: start.y }, { x: out, y }, { x: back, y }, { x: back, y: end.y }, end];
  }
  const route: Route = [start];
  let from = start;
  for (const waypoint of plan.waypoints) {
    const { y } = waypoint;
    // A card close by leaves little width to turn in: the turn then begins and ends over its edge.
    const a = Math.max(waypoint.from, from.x + LEAST_TURN);
    const b = Math.max(a, Math.min(waypoint.to, end.x - LEAST_TURN));
    gap(route, from, { x: a, y });
    route.push({ x: a, y }, { x: b, y });
    from = { x: b, y };
  }
  gap(route, from, end);
  route.push(end);
  return route.filter((point, i) => i === 0 || i === route.length - 1 || !near(point, route[i - 1] as Point));
}

const near = (a: Point, b: Point): boolean => Math.abs(a.x - b.x) < 0.5 && Math.abs(a.y - b.y) < 0.5;

/** The two controls of an S between two points. */
function gap(route: Route, from: Point, to: Point): void {
  const lead = (to.x - from.x) * LEAD;
  route.push({ x: from.x + lead, y: from.y }, { x: to.x - lead, y: to.y });
}
