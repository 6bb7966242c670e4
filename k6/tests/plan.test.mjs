// What a scenario becomes: executors, thresholds, orders, customers, visits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addresses, headers } from "../lib/customers.js";
import { changes } from "../lib/faults.js";
import { limits, options } from "../lib/plan.js";
import { ROUTES, route } from "../lib/routes.js";
import { drawn, read } from "../lib/scenario.js";
import { ACTIONS, wishes } from "../lib/visits.js";
import { scenario, schema } from "./scenarios.mjs";

const planned = (value) => read(JSON.stringify(value), schema, "x.json");
const customers = (load) => options(planned({ ...scenario("flash-sale"), faults: [], load })).scenarios.customers;

test("each model has the executor that it is, level or not", () => {
  const rush = { model: "arrivals", start: 0.25, virtual_users: 9 };
  assert.deepEqual(customers({ ...rush, stages: [{ for: "1m" }, { for: "0s", to: 3 }] }), {
    exec: "visit",
    gracefulStop: "30000ms",
    executor: "ramping-arrival-rate",
    startRate: 25,
    timeUnit: "100000ms",
    stages: [
      { duration: "60000ms", target: 25 },
      { duration: "0ms", target: 300 },
    ],
    preAllocatedVUs: 9,
    maxVUs: 9,
  });
  assert.equal(customers({ ...rush, stages: [{ for: "1m" }] }).executor, "constant-arrival-rate");
  const ramp = customers({ model: "users", stages: [{ for: "30s", to: 8 }, { for: "2m" }, { for: "10s", to: 0 }] });
  assert.equal(ramp.executor, "ramping-vus");
  assert.deepEqual(
    ramp.stages.map(({ target }) => target),
    [8, 8, 0],
  );
  assert.equal(customers({ model: "users", start: 4, stages: [{ for: "1m" }] }).executor, "constant-vus");
});

test("thresholds of one metric stand together, and routes have their own", () => {
  const { thresholds } = planned({
    ...scenario("flash-sale"),
    thresholds: {
      failed_share: 0.1,
      dropped_visits: 0,
      p50_ms: 50,
      p99_ms: 900,
      routes: { "POST /flash-sale/:id/reserve": { p95_ms: 5 } },
    },
  });
  assert.deepEqual(options({ ...planned(scenario("flash-sale")), thresholds }).thresholds, {
    http_req_failed: ["rate<=0.1"],
    dropped_iterations: ["count<=0"],
    duration_all: ["med<=50", "p(99)<=900"],
    duration_post_flash_sale_id_reserve: ["p(95)<=5"],
  });
  assert.equal(limits(thresholds).at(-1).key, "POST /flash-sale/:id/reserve p95_ms");
});

test("orders come in the order of their times, and a service recovers before it breaks again", () => {
  assert.deepEqual(
    changes(planned(scenario("flash-sale"))).map(({ at_s, to, send }) => [at_s, to, JSON.stringify(send)]),
    [
      [118, "payment-service", '{"fault":{"kind":"slow","extra_ms":900,"share":0.6}}'],
      [132, "shop", '{"recover":"payment-service"}'],
      [132, "payment-service", '{"fault":{"kind":"crash"}}'],
      [167, "shop", '{"recover":"payment-service"}'],
    ],
  );
});

test("customers have addresses of their own in three networks, and none of the shop's", () => {
  const from = (url) => addresses({ addresses: 720, entry: { url } });
  const list = from("http://127.0.1.11:8080");
  assert.equal(new Set(list).size, 720);
  assert.deepEqual(list.slice(0, 4), ["127.198.51.10", "127.203.113.10", "127.192.2.10", "127.198.51.11"]);
  assert.equal(list.at(-1), "127.192.2.249");
  assert.equal(from("http://10.42.0.11:8080")[0], "198.51.100.10");
  assert.deepEqual(from("http://shop.test"), []);
});

test("some customers have a JWT, some a password, some nothing", () => {
  const base64 = (text, urlSafe) => Buffer.from(text).toString(urlSafe ? "base64url" : "base64");
  assert.equal(headers(0, base64).Authorization, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEwIn0.");
  assert.equal(headers(7, base64).Authorization, `Basic ${Buffer.from("hedda7:demo").toString("base64")}`);
  assert.equal(headers(9, base64).Authorization, undefined);
  assert.equal(headers(5, base64)["X-Forwarded-For"], "192.168.1.25");
});

test("visits ask for every route of the gateway and for no other", () => {
  const asked = new Set();
  for (const action of ACTIONS) {
    for (let n = 0; n < 200; n += 1) wishes(action, Math.random).forEach(({ method, target }) => asked.add(route(method, target)));
  }
  assert.deepEqual([...asked].sort(), [...ROUTES].sort());
  assert.deepEqual(Object.keys(schema.properties.thresholds.properties.routes.properties), ROUTES);
  assert.deepEqual(Object.keys(schema.properties.mix.properties), ACTIONS);
});

test("a mix is drawn by its weights", () => {
  const mix = { browse: 3, search: 0, purchase: 1 };
  const counts = {};
  for (let n = 0; n < 1000; n += 1) counts[drawn(mix, n / 1000)] = (counts[drawn(mix, n / 1000)] ?? 0) + 1;
  assert.deepEqual(counts, { browse: 750, purchase: 250 });
  assert.equal(drawn({ search: 1, reserve: 0 }, 0.999999), "search");
});
