// How times are read at the moment: in which zone, and from where. Reactive, so that what is written changes with it.

import { Zone } from "./zone";

/** What decides how an instant is written. */
export interface Face {
  readonly zone: Zone;
  /** Times are written as the distance from here; null writes the time of day. */
  readonly originUs: number | null;
}

class CurrentFace implements Face {
  zone = $state.raw(new Zone("UTC"));
  originUs = $state<number | null>(null);
}

/** Set by the `times` store; everything in ./time reads it. */
export const face = new CurrentFace();
