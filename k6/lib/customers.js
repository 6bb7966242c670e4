// Who the customers are: the people of crates/shop/src/crowd, each at an address and with a program and an account of their own.

const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0",
  "shop-app/5.2 (Android 16)",
  "shop-app/5.1 (iOS 19)",
];
const NAMES = [
  ...["ada", "bela", "chiara", "dag", "elif", "fritz", "goran", "hedda", "ines", "jorge", "kaisa", "liam", "mira", "noor", "oskar", "pia"],
];
const FIRST_HOST = 10;

/** The shop's address plans: where the gateway is, and the networks that customers come from. */
const PLANS = [
  { gateway: /^https?:\/\/127\./, networks: ["127.198.51", "127.203.113", "127.192.2"] },
  { gateway: /^https?:\/\/10\.42\.0\./, networks: ["198.51.100", "203.0.113", "192.0.2"] },
];

/**
 * The source addresses for `k6 run --local-ips`, in order: k6 gives virtual user n (from 1) the address n-1, and begins again after the last.
 * Empty when the entry point is of no plan of the shop's: customers then come from wherever the system sends them.
 *
 * @param {{ addresses: number, entry: { url: string } }} scenario
 */
export function addresses(scenario) {
  const plan = PLANS.find(({ gateway }) => gateway.test(scenario.entry.url));
  if (!plan) return [];
  const { networks } = plan;
  return Array.from(
    { length: scenario.addresses },
    (_, n) => `${networks[n % networks.length]}.${FIRST_HOST + Math.floor(n / networks.length)}`,
  );
}

/**
 * The headers that customer `number` sends with every request.
 *
 * @param {number} number from 0
 * @param {(text: string, urlSafe: boolean) => string} base64 without padding where it is URL safe
 */
export function headers(number, base64) {
  const name = `${NAMES[number % NAMES.length]}${number}`;
  const sent = { "User-Agent": AGENTS[number % AGENTS.length], "Accept-Encoding": "gzip" };
  const account = number % 10;
  // Demo credentials, worth nothing: a JWT without signature, or a password that everybody has. One of ten has no account.
  if (account <= 5) sent.Authorization = `Bearer ${base64('{"alg":"none"}', true)}.${base64(JSON.stringify({ sub: name }), true)}.`;
  else if (account <= 8) sent.Authorization = `Basic ${base64(`${name}:demo`, false)}`;
  // Some are behind a proxy of their own.
  if (number % 8 === 5) sent["X-Forwarded-For"] = `192.168.1.${20 + (number % 180)}`;
  return sent;
}

/** Whether the customer's program starts traces of its own (`traceparent`). */
export const traces = (number) => AGENTS[number % AGENTS.length].startsWith("shop-app");

/** A `traceparent` that begins a trace (W3C Trace Context §3.2). */
export function traceparent(dice) {
  const hex = (digits) => Array.from({ length: digits }, () => Math.floor(dice() * 16).toString(16)).join("");
  return `00-${hex(32)}-${hex(16)}-01`;
}
