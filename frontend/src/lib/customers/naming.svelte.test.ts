import { beforeEach, describe, expect, it } from "vitest";
import { ApiError, useBackend, type AppState, type Backend, type NamingRules } from "../backend";
import { messages, recording } from "../state";
import { Naming } from "./naming.svelte";
import { NO_RULES, namingState } from "./testkit";

const DB: NamingRules = { ...NO_RULES, names: [{ name: "db", address: "10.0.0.5" }] };
const CACHE: NamingRules = { ...NO_RULES, names: [{ name: "cache", address: "10.0.0.6" }] };

/** A host that holds rules as the real one does: another `before` than what is in force is refused. */
function host() {
  const settings = new Map<string, unknown>();
  const held = { rules: NO_RULES, refuse: null as ApiError | null };
  const same = (a: NamingRules, b: NamingRules): boolean => JSON.stringify(a) === JSON.stringify(b);
  const made: Partial<Backend> = {
    naming: () => Promise.resolve(namingState(held.rules)),
    namingSave: ({ before, after }) => {
      if (held.refuse !== null) return Promise.reject(held.refuse);
      if (!same(before, held.rules)) return Promise.reject(new ApiError("conflict", "other rules are in force"));
      // It writes addresses as it likes.
      const names = after.names.map((name) => ({
        ...name,
        ...(name.address === undefined ? {} : { address: name.address.replace(/\/32$/, "") }),
      }));
      held.rules = { ...after, names };
      return Promise.resolve(namingState(held.rules));
    },
    getSetting: (key) => Promise.resolve(settings.get(key) ?? null),
    setSetting: (key, value) => {
      settings.set(key, value);
      return Promise.resolve();
    },
  };
  useBackend(made as Backend);
  return held;
}

const open = (recording_id: string): void => {
  recording.app = { recording: { recording_id, range: null } } as unknown as AppState;
};
const said = (): string => messages.toasts.at(-1)?.text ?? "";

beforeEach(() => {
  messages.toasts = [];
  open("r");
});

describe("a change of names", () => {
  it("is said with a way to take it back, which restores what was", async () => {
    const held = host();
    const naming = new Naming();
    await naming.save(NO_RULES, DB, "10.0.0.5 is called db now.");
    expect(held.rules).toEqual(DB);
    expect(naming.undoable(DB)).toBe("10.0.0.5 is called db now.");
    expect([said(), messages.toasts.at(-1)?.action?.text]).toEqual(["10.0.0.5 is called db now.", "Undo"]);
    await naming.undo();
    expect(held.rules).toEqual(NO_RULES);
    expect(naming.undoable(NO_RULES)).toBeNull();
    expect(said()).toBe("Taken back.");
  });

  it("makes what is listed be asked for again, also when it is refused", async () => {
    const held = host();
    const naming = new Naming();
    await naming.save(NO_RULES, DB, "");
    expect(naming.revision).toBe(1);
    held.refuse = new ApiError("internal", "the disk is full");
    await expect(naming.save(DB, CACHE, "")).rejects.toThrow("the disk is full");
    expect(naming.revision).toBe(2);
  });

  it("can be taken back also where the host wrote it in another way", async () => {
    const held = host();
    const naming = new Naming();
    await naming.save(NO_RULES, { ...NO_RULES, names: [{ name: "db", address: "10.0.0.5/32" }] }, "named");
    expect(naming.undoable(held.rules)).toBe("named");
    await naming.undo();
    expect(held.rules).toEqual(NO_RULES);
  });

  it("cannot be taken back once something else was saved, which is left alone", async () => {
    const held = host();
    const naming = new Naming();
    await naming.save(NO_RULES, DB, "named");
    held.rules = CACHE;
    expect(naming.undoable(CACHE)).toBeNull();
    await naming.undo();
    expect(held.rules).toEqual(CACHE);
    expect(said()).toContain("changed elsewhere");
  });

  it("is refused in plain words when others came first", async () => {
    const held = host();
    held.rules = CACHE;
    await expect(new Naming().save(NO_RULES, DB, "named")).rejects.toThrow("Nothing of yours was saved");
    expect(held.rules).toEqual(CACHE);
  });

  it("is offered to be taken back only in its own recording", async () => {
    const held = host();
    const naming = new Naming();
    await naming.save(NO_RULES, DB, "named");
    open("other");
    expect(naming.undoable(DB)).toBeNull();
    await naming.undo();
    expect([held.rules, said()]).toEqual([DB, "That was changed in another recording. Open it to take it back."]);
  });

  it("of an older message does not take back a newer one", async () => {
    const held = host();
    const naming = new Naming();
    await naming.save(NO_RULES, DB, "first");
    const older = messages.toasts.at(-1)?.action;
    await naming.save(DB, CACHE, "second");
    older?.run();
    await new Promise((later) => setTimeout(later, 5));
    expect(held.rules).toEqual(CACHE);
    expect(said()).toContain("changed elsewhere");
  });
});
