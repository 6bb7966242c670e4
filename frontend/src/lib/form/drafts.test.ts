import { describe, expect, it } from "vitest";
import {
  changedElsewhere,
  drafted,
  elsewhere,
  proposed,
  stateOf,
  stillDiffering,
  valueOf,
  wrongOf,
  type Configuration,
  type Draft,
  type Drafts,
} from "./drafts";
import { field, FIELDS } from "./testkit";

const snap = field("capture.snap_length");
const ports = field("capture.leave_out.ports");
const interfaces = field("capture.interfaces");
const nothing: Configuration = { capture: {}, parsing: {} };
const saved: Configuration = { capture: { snap_length: 128, unknown: 1 }, parsing: {} };

const typed = (one: typeof snap, text: string, config = nothing): Draft => drafted(one, text, config, undefined);

const of = (...drafts: [typeof snap, Draft][]): Drafts => new Map(drafts.map(([{ path }, draft]) => [path, draft]));

describe("a value's colour", () => {
  const about = { draft: undefined, wrong: null, typing: false, checked: true, config: nothing };

  it("is blue for the default, also where the file writes it out, and neutral where it is set", () => {
    expect(stateOf(snap, about)).toBe("default");
    expect(stateOf(snap, { ...about, config: { capture: { snap_length: 262_144 }, parsing: {} } })).toBe("default");
    expect(stateOf(snap, { ...about, config: saved })).toBe("set");
  });

  it("is orange until it was left and found valid, then green", () => {
    const draft = typed(snap, "256");
    expect(stateOf(snap, { ...about, draft, typing: true })).toBe("editing");
    expect(stateOf(snap, { ...about, draft, checked: false })).toBe("editing");
    expect(stateOf(snap, { ...about, draft })).toBe("changed");
  });

  it("is red as soon as something is wrong with it, also while it is typed", () => {
    const draft = typed(snap, "2");
    const wrong = wrongOf(snap, draft, nothing, null);
    expect(wrong).toMatchObject({ found: "2" });
    expect(stateOf(snap, { ...about, draft, wrong, typing: true })).toBe("invalid");
  });
});

describe("what the host found", () => {
  const problem = { path: "capture.interfaces[1]", found: '"eth9"', allowed: "one of lo", at: null };

  it("belongs to the field that the path leads into", () => {
    const config = { capture: { interfaces: ["lo", "eth9"] }, parsing: {} };
    const verdict = { config, problems: [problem] };
    expect(wrongOf(interfaces, undefined, config, verdict)).toBe(problem);
    expect(wrongOf(snap, undefined, config, verdict)).toBeNull();
  });

  it("counts only for the value that it was said of", () => {
    const verdict = { config: { capture: { interfaces: ["lo", "eth9"] }, parsing: {} }, problems: [problem] };
    expect(wrongOf(interfaces, undefined, { capture: { interfaces: ["lo"] }, parsing: {} }, verdict)).toBeNull();
  });

  it("is told apart where no field stands for it", () => {
    const unknown = { path: "capture.snaplen", found: "an unknown key", allowed: "known", at: null };
    expect(elsewhere([problem, unknown], FIELDS)).toEqual([unknown]);
  });
});

describe("the configuration with what was typed", () => {
  it("leaves out defaults, and keeps what the form knows nothing of", () => {
    const drafts = of([snap, typed(snap, "262,144", saved)], [ports, typed(ports, "22", saved)]);
    expect(proposed(saved, FIELDS, drafts)).toEqual({
      capture: { unknown: 1, leave_out: { ports: [22] } },
      parsing: {},
    });
    const set = { capture: { leave_out: { ports: [22] } }, parsing: {} };
    expect(proposed(set, FIELDS, of([ports, typed(ports, "", set)]))).toEqual(nothing);
  });

  it("does not change what is saved", () => {
    const before = structuredClone(saved);
    proposed(saved, FIELDS, of([snap, typed(snap, "99", saved)]));
    expect(saved).toEqual(before);
  });

  it("keeps the saved value of what cannot be read", () => {
    expect(proposed(saved, FIELDS, of([snap, typed(snap, "lots", saved)]))).toEqual(saved);
  });
});

describe("a change made elsewhere", () => {
  it("leaves what is edited alone and is told beside it", () => {
    const draft = typed(snap, "256");
    const left = stillDiffering(of([snap, draft]), FIELDS, saved, null);
    expect(left.get(snap.path)).toBe(draft);
    expect(changedElsewhere(snap, draft, saved)).toEqual({ value: 128 });
    expect(changedElsewhere(snap, draft, nothing)).toBeNull();
  });

  it("to the same value ends the editing", () => {
    expect(stillDiffering(of([snap, typed(snap, "128")]), FIELDS, saved, null).size).toBe(0);
  });

  it("shows where nothing is edited", () => {
    expect(valueOf(saved, snap)).toBe(128);
    expect(valueOf(nothing, snap)).toBe(262_144);
  });

  it("is remembered from where the editing began, not from the last letter", () => {
    const first = typed(snap, "2");
    expect(drafted(snap, "25", saved, first).basis).toBe(first.basis);
  });

  it("typing back to what is saved is no change, but stays as it is typed until the field is left", () => {
    const drafts = of([snap, typed(snap, "1 2 8", saved)]);
    expect(stillDiffering(drafts, FIELDS, saved, snap.path)).toBe(drafts);
    expect(stillDiffering(drafts, FIELDS, saved, null).size).toBe(0);
  });
});
