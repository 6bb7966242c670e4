// What can be captured on this machine, and which interfaces were chosen.

import { ApiError, backend, type CaptureInterface } from "../backend";
import { recording } from "../state";
import { whisperers } from "../whisperers/whisperers.svelte";
import { interfacesOf } from "../whisperers/words";

class Choice {
  /** Null until the host was asked. */
  interfaces = $state.raw<CaptureInterface[] | null>(null);
  /** Why nothing can be captured, with the command that mends it. */
  hindrance = $state<string | null>(null);
  asking = $state(false);
  chosen = $state.raw<readonly string[]>([]);

  /** Asks the host. Where nothing is chosen, what was captured on last is, else the loopback: that is where a developer's services talk. */
  async look(): Promise<void> {
    this.asking = true;
    try {
      const found = await backend().captureInterfaces();
      this.interfaces = found.interfaces.filter((one) => one.name !== "any");
      this.hindrance = found.hindrance;
      const local = whisperers.local;
      const before = this.chosen.length > 0 || local === null ? this.chosen : interfacesOf(local);
      const known = before.filter((name) => this.interfaces?.some((one) => one.name === name));
      const loopback = this.interfaces.find((one) => one.loopback)?.name;
      this.chosen = known.length > 0 || loopback === undefined ? known : [loopback];
    } catch (thrown) {
      this.interfaces = [];
      this.hindrance = ApiError.from(thrown).message;
    } finally {
      this.asking = false;
    }
  }

  /** Captures on what is chosen, with everything else that is set for this machine. */
  start(): Promise<void> {
    return recording.startCapture(startConfig(whisperers.local?.config.capture, this.chosen));
  }

  toggle(name: string): void {
    this.chosen = this.chosen.includes(name) ? this.chosen.filter((one) => one !== name) : [...this.chosen, name];
  }
}

export const choice = new Choice();

/** What is set for this machine, on other interfaces. */
export function startConfig(
  set: Record<string, unknown> | undefined,
  interfaces: readonly string[],
): Record<string, unknown> {
  return { ...set, interfaces };
}

/** The command inside a hindrance that can be run as it is; null without one. */
export function commandOf(hindrance: string): string | null {
  return /(sudo \S.*)$/.exec(hindrance)?.[1] ?? null;
}
