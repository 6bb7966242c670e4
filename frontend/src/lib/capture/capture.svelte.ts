// What can be captured on this machine, and which interfaces were chosen.

import { ApiError, backend, type CaptureInterface } from "../backend";

class Choice {
  /** Null until the host was asked. */
  interfaces = $state.raw<CaptureInterface[] | null>(null);
  /** Why nothing can be captured, with the command that mends it. */
  hindrance = $state<string | null>(null);
  asking = $state(false);
  chosen = $state.raw<readonly string[]>([]);

  /** Asks the host, and chooses the loopback where nothing is chosen: that is where a developer's services talk. */
  async look(): Promise<void> {
    this.asking = true;
    try {
      const found = await backend().captureInterfaces();
      this.interfaces = found.interfaces.filter((one) => one.name !== "any");
      this.hindrance = found.hindrance;
      const known = this.chosen.filter((name) => this.interfaces?.some((one) => one.name === name));
      const loopback = this.interfaces.find((one) => one.loopback)?.name;
      this.chosen = known.length > 0 || loopback === undefined ? known : [loopback];
    } catch (thrown) {
      this.interfaces = [];
      this.hindrance = ApiError.from(thrown).message;
    } finally {
      this.asking = false;
    }
  }

  toggle(name: string): void {
    this.chosen = this.chosen.includes(name) ? this.chosen.filter((one) => one !== name) : [...this.chosen, name];
  }
}

export const choice = new Choice();

/** The command inside a hindrance that can be run as it is; null without one. */
export function commandOf(hindrance: string): string | null {
  return /(sudo setcap .+)$/.exec(hindrance)?.[1] ?? null;
}
