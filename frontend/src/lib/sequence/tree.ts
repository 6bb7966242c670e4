// What caused what: the spans as trees, their own time, and the path that decided how long it all took.

import type { SequenceSpan } from "../backend";

export interface Branch {
  span: SequenceSpan;
  /** As far in as its ancestors that are listed. */
  depth: number;
  /** By start. */
  children: Branch[];
}

/** A part of time, in microseconds since 1970. */
export interface Part {
  fromUs: number;
  toUs: number;
}

/** The trees, by start. A span whose parent is not listed is a root. */
export function trees(spans: readonly SequenceSpan[]): Branch[] {
  const branches = new Map(spans.map((span): [number, Branch] => [span.exchange_id, { span, depth: 0, children: [] }]));
  const roots: Branch[] = [];
  for (const branch of branches.values()) {
    const parent = branch.span.parent === null ? undefined : branches.get(branch.span.parent);
    if (parent === undefined || parent === branch) roots.push(branch);
    else parent.children.push(branch);
  }
  const byStart = (a: Branch, b: Branch): number => a.span.started_us - b.span.started_us;
  const settle = (of: Branch[], depth: number): void => {
    of.sort(byStart);
    for (const branch of of) {
      branch.depth = depth;
      settle(branch.children, depth + 1);
    }
  };
  settle(roots, 0);
  return roots;
}

/** The branches from top to bottom: each before what it caused. */
export function flattened(roots: readonly Branch[]): Branch[] {
  return roots.flatMap((branch) => [branch, ...flattened(branch.children)]);
}

/** The time of a span in which none of its calls was under way. */
export function ownParts({ span, children }: Branch): Part[] {
  const parts: Part[] = [];
  let cursor = span.started_us;
  for (const { span: child } of children) {
    if (child.started_us > cursor) parts.push({ fromUs: cursor, toUs: Math.min(child.started_us, span.finished_us) });
    cursor = Math.max(cursor, child.finished_us);
    if (cursor >= span.finished_us) break;
  }
  if (cursor < span.finished_us) parts.push({ fromUs: cursor, toUs: span.finished_us });
  return parts.filter(({ fromUs, toUs }) => toUs > fromUs);
}

export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
}

/**
 * The critical path of every tree, as parts by exchange: from the end backwards through the call that ended last before,
 * until the beginning. Shortening any of it would have shortened the whole.
 */
export function criticalParts(roots: readonly Branch[]): Map<number, Part[]> {
  const path = new Map<number, Part[]>();
  const add = (branch: Branch, fromUs: number, toUs: number): void => {
    if (toUs <= fromUs) return;
    const id = branch.span.exchange_id;
    path.set(id, [{ fromUs, toUs }, ...(path.get(id) ?? [])]);
  };
  const walk = (branch: Branch, untilUs: number): void => {
    let cursor = untilUs;
    const byEnd = [...branch.children].sort((a, b) => b.span.finished_us - a.span.finished_us);
    for (const child of byEnd) {
      // What ended later was not waited for, or ran beside the one that was.
      if (child.span.finished_us > cursor || child.span.started_us < branch.span.started_us) continue;
      add(branch, child.span.finished_us, cursor);
      walk(child, child.span.finished_us);
      cursor = child.span.started_us;
    }
    add(branch, branch.span.started_us, cursor);
  };
  for (const root of roots) walk(root, root.span.finished_us);
  return path;
}
