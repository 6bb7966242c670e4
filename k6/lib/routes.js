// The gateway's routes, and the metrics that each has in k6.

export const ROUTES = [
  "GET /products",
  "GET /products/:id",
  "GET /search",
  "GET /flash-sale",
  "POST /flash-sale/:id/reserve",
  "GET /cart",
  "POST /cart",
  "POST /orders",
];

/** A request's route: path segments with a digit are ids, and the query is left out (as crates/shop/src/route.rs folds). */
export function route(method, target) {
  const [path] = target.split("?");
  const folded = path.split("/").map((segment) => (/[0-9]/.test(segment) ? ":id" : segment));
  return `${method} ${folded.join("/")}`;
}

// k6 allows letters, digits and underscores in a metric's name.
const word = (text) => text.toLowerCase().replace(/[^a-z]+/g, "_");

export const DURATION = "duration_all";
export const CONNECT = "connect_all";
export const durationOf = (name) => `duration_${word(name)}`;
export const connectOf = (name) => `connect_${word(name)}`;
export const failedOf = (name) => `failed_${word(name)}`;
export const turnedAwayOf = (name) => `turned_away_${word(name)}`;
export const askedOf = (name) => `asked_${word(name)}`;
export const visitsOf = (action) => `visits_${action}`;
export const requestsOf = (action) => `requests_${action}`;
