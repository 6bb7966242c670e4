// The only folder that knows which host the page runs on. Panes call `backend()` and match `ApiError.code`.
//
// Ask from a component with `pull` (./pull.svelte.ts): it asks again when the question changes, keeps the last answer
// meanwhile, and drops what was superseded.

import type { Backend } from "./backend";
import { HttpBackend } from "./http_backend";
import { insideTauri, TauriBackend } from "./tauri_backend";

export type {
  AskOptions,
  Backend,
  BodyChoice,
  Connection,
  DragPhase,
  ExchangePlace,
  PacketPlace,
  PcapChoice,
  RowsChoice,
  UploadProgress,
} from "./backend";
export { ApiError } from "./error";
export { pull, type Pulled } from "./pull.svelte";
export type * from "./types";

let host: Backend | null = null;

/** The host of this page, made at the first call. */
export function backend(): Backend {
  host ??= insideTauri() ? new TauriBackend() : new HttpBackend();
  return host;
}

/** Puts another backend in place, for tests. */
export function useBackend(other: Backend): void {
  host = other;
}
