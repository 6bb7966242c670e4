// What a visit asks for, by its action; worked out before its first request.

const ARTICLES = Array.from({ length: 12 }, (_, n) => `p-${101 + n}`);
const BARGAINS = ["f-1", "f-2", "f-3"];
const SEARCHES = ["lamp", "armchair", "table", "vase", "stool", "caf%C3%A9"];

/** Share of those who look around that ask for a product which is no longer there. */
const OLD_LINK = 0.1;
/** Share of those who reserve that also order something. */
const ALSO_ORDERS = 0.5;

export const ACTIONS = ["browse", "search", "purchase", "reserve"];

/**
 * The requests of one visit, in order.
 *
 * @param {string} action one of `ACTIONS`
 * @param {() => number} dice 0 to 1, such as `Math.random`
 * @returns {{ method: string, target: string, body: string | null }[]}
 */
export function wishes(action, dice) {
  const one = (list) => list[Math.floor(dice() * list.length)];
  const article = one(ARTICLES);
  switch (action) {
    case "browse":
      return [get("/products"), get(`/products/${dice() < OLD_LINK ? `p-${200 + Math.floor(dice() * 100)}` : article}`)];
    case "search":
      return [get(`/search?q=${one(SEARCHES)}`), get(`/products/${article}`)];
    case "purchase":
      return [get(`/products/${article}`), post("/cart", article), get("/cart"), post("/orders", article)];
    case "reserve": {
      const looks = [get("/flash-sale"), post(`/flash-sale/${one(BARGAINS)}/reserve`)];
      return dice() < ALSO_ORDERS ? [...looks, post("/orders", article)] : looks;
    }
    default:
      throw new Error(`no action is called ${action}; there are ${ACTIONS.join(", ")}`);
  }
}

const get = (target) => ({ method: "GET", target, body: null });
const post = (target, item) => ({ method: "POST", target, body: JSON.stringify(item ? { item } : {}) });
