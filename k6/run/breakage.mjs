// Carries out a scenario's orders one after the other, notes what came of each, and repairs what is still broken in the end.
import { tell } from "./shop.mjs";

/**
 * @param {string} state the shop's folder
 * @param {(change: object, failure: string | null) => void} onDone called when an order was carried out, or was not
 */
export function breakage(state, onDone) {
  const done = [];
  const broken = new Set();
  let last = Promise.resolve();

  async function obey(change) {
    if (change.to === "shop") broken.delete(change.send.recover);
    else broken.add(change.to);
    const failure = await tell(state, change).then(
      () => null,
      (error) => error.message,
    );
    done.push({ at_s: change.at_s, says: change.says, failure });
    onDone(change, failure);
  }

  return {
    /** Carries out `change` after those before it. */
    add: (change) => (last = last.then(() => obey(change))),
    /** Waits for all, recovers what is broken still, and gives what was done. */
    settle: async () => {
      await last;
      for (const service of [...broken]) {
        await obey({ at_s: null, to: "shop", send: { recover: service }, says: `${service} recovers, since the run is over` });
      }
      return done;
    },
  };
}
