// When which service is told what: the faults of a scenario as orders, as crates/shop/src/control.rs reads them.

/**
 * The changes of a scenario in the order of their times. At the same time services recover first, so that one may pass from fault to fault.
 *
 * @param {{ faults: object[] }} scenario as `read` gives it
 * @returns {{ at_s: number, to: string, send: object, says: string }[]} `to` is a service, or `shop`
 */
export function changes({ faults }) {
  const all = faults.flatMap((fault) => [
    { at_s: fault.at_s, to: fault.service, send: { fault: order(fault) }, says: `${fault.service} ${inWords(fault)}` },
    { at_s: fault.until_s, to: "shop", send: { recover: fault.service }, says: `${fault.service} recovers` },
  ]);
  const rank = ({ to }) => (to === "shop" ? 0 : 1);
  return all.sort((a, b) => a.at_s - b.at_s || rank(a) - rank(b));
}

function order({ kind, extra_ms, status, share }) {
  switch (kind) {
    case "slow":
      return { kind, extra_ms, share };
    case "errors":
      return { kind, status, share };
    case "reset":
      return { kind, share };
    default:
      return { kind };
  }
}

function inWords({ kind, extra_ms, status, share }) {
  const some = share < 1 ? ` (${Math.round(share * 100)} % of requests)` : "";
  switch (kind) {
    case "slow":
      return `takes ${extra_ms} ms longer${some}`;
    case "errors":
      return `answers ${status}${some}`;
    case "reset":
      return `resets connections${some}`;
    case "refuse":
      return "refuses connections";
    default:
      return "crashes";
  }
}
