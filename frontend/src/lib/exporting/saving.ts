// Doing what can fail, and saying how it went.

import { ApiError } from "../backend";
import { messages } from "../state";

/** Does it; an error is shown. */
export async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (thrown) {
    messages.showError(ApiError.from(thrown));
  }
}

/** Saves something and says where it is, as far as the host knows: browsers tell about downloads themselves. */
export function saving(save: () => Promise<string | null>, what: string): Promise<void> {
  return attempt(async () => {
    const path = await save();
    if (path !== null) messages.show(`Saved ${what} to ${path}.`);
  });
}
