// How times are written: in which zone, and whether as the time of day or as a distance.

import { face, localZoneName, zoneNamed } from "../format";
import { playhead } from "./playhead.svelte";
import { recording } from "./recording.svelte";
import { oneOf, Remembered } from "./settings.svelte";

/** What distances are taken from; `nothing` writes the time of day. */
export type Origin = "nothing" | "start" | "end" | "playhead";

/** Stands for the zone of this computer, wherever it is carried. */
export const LOCAL_ZONE = "local";

class Times {
  readonly #zone = new Remembered<string>("time.zone", "UTC", knownZone);
  readonly #origin = new Remembered<Origin>("time.origin", "nothing", oneOf("nothing", "start", "end", "playhead"));

  /** What was chosen: `UTC`, `local` or a name of the IANA database. */
  get zone(): string {
    return this.#zone.value;
  }

  set zone(zone: string) {
    this.#zone.value = zone;
  }

  /** The zone in force, by its name in the IANA database. */
  get zoneName(): string {
    return face.zone.name;
  }

  get origin(): Origin {
    return this.#origin.value;
  }

  set origin(origin: Origin) {
    this.#origin.value = origin;
  }

  /** Keeps what is written in step with what was chosen; call it while the app's root component is being made. */
  follow(): void {
    void this.#zone.load();
    void this.#origin.load();
    $effect.pre(() => {
      const name = this.zone === LOCAL_ZONE ? localZoneName() : this.zone;
      if (name === face.zone.name) return;
      const zone = zoneNamed(name);
      if (zone !== null) face.zone = zone;
    });
    $effect.pre(() => {
      face.originUs = this.#originUs();
    });
  }

  #originUs(): number | null {
    switch (this.origin) {
      case "nothing":
        return null;
      case "start":
        return recording.range?.from_us ?? null;
      case "end":
        return recording.range?.to_us ?? null;
      case "playhead":
        // Not while it moves: then every time on the page would run.
        return playhead.settledAt;
    }
  }
}

function knownZone(stored: unknown): string | null {
  if (typeof stored !== "string") return null;
  return stored === LOCAL_ZONE || zoneNamed(stored) !== null ? stored : null;
}

export const times = new Times();
