// Scenario files and their reader: what is right passes, what is wrong is told where it is, and the schema says the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { problems } from "../lib/check.js";
import { read, ScenarioError, scaleOf } from "../lib/scenario.js";
import { allowedBySchema, scenario, scenarios, schema } from "./scenarios.mjs";

const SERVICES = schema.definitions.slow.properties.service.enum;

/** What the reader says about a scenario. */
function told(value) {
  try {
    read(JSON.stringify(value), schema, "x.json");
    return [];
  } catch (error) {
    assert.ok(error instanceof ScenarioError, error);
    return error.problems;
  }
}

/** A flash sale in which something was changed. */
function changed(change) {
  const value = scenario("flash-sale");
  change(value);
  return value;
}

test("the six scenarios pass the schema and the reader", () => {
  const names = scenarios.map(({ name }) => name);
  assert.deepEqual(names, ["browsing", "constant-arrival-rate", "flash-sale", "purchases", "soak", "spike"]);
  for (const { name, text } of scenarios) {
    assert.ok(allowedBySchema(JSON.parse(text)), `${name}: ${JSON.stringify(allowedBySchema.errors)}`);
    read(text, schema, name);
  }
});

test("every scenario breaks something, and heals it before its load ends", () => {
  for (const { name, text } of scenarios) {
    const { faults, length_s } = read(text, schema, name);
    assert.ok(faults.length > 0 && faults.every(({ until_s }) => until_s < length_s), name);
  }
});

const WRONG = [
  [
    "a key that is none",
    (s) => (s.thinks = s.think),
    [
      "thinks: no such key; allowed: $schema, name, about, entry, addresses, keep_alive, load, think, mix, faults, thresholds (did you mean think?)",
    ],
  ],
  ["a key that resembles none", (s) => (s.entry.colour = 1), ["entry.colour: no such key; allowed: url, host"]],
  [
    "swapped letters inside a list",
    (s) => (s.load.stages[1] = { fro: "5s", for: "5s" }),
    ["load.stages[1].fro: no such key; allowed: for, to (did you mean for?)"],
  ],
  ["a missing object", (s) => delete s.think, ["think: missing; allowed: an object with the keys least, most"]],
  [
    "a missing time",
    (s) => delete s.load.stages[0].for,
    ['load.stages[0].for: missing; allowed: a time such as "500ms", "30s", "1.5m" or "1h"'],
  ],
  [
    "a time that is none",
    (s) => (s.think.least = "soon"),
    ['think.least: found "soon"; allowed: a time such as "500ms", "30s", "1.5m" or "1h"'],
  ],
  [
    "a time without unit",
    (s) => (s.faults[0].at = 118),
    ['faults[0].at: found 118; allowed: a time such as "500ms", "30s", "1.5m" or "1h"'],
  ],
  [
    "a service that is none",
    (s) => (s.faults[1].service = "paymant"),
    [
      `faults[1].service: found "paymant"; allowed: ${SERVICES.slice(0, -1)
        .map((name) => JSON.stringify(name))
        .join(", ")} or "analytics-service"`,
    ],
  ],
  [
    "a fault that is none",
    (s) => (s.faults[0].kind = "slowly"),
    ['faults[0].kind: found "slowly"; allowed: "slow", "errors", "refuse", "reset" or "crash"'],
  ],
  [
    "a fault without a kind",
    (s) => delete s.faults[0].kind,
    ['faults[0].kind: missing; allowed: "slow", "errors", "refuse", "reset" or "crash"'],
  ],
  ["a key of another fault", (s) => (s.faults[1].share = 0.5), ["faults[1].share: no such key; allowed: kind, service, at, until"]],
  [
    "a slow fault that does not say by how much",
    (s) => delete s.faults[0].extra_ms,
    ["faults[0].extra_ms: missing; allowed: a whole number from 1 to 60000"],
  ],
  ["a model that is none", (s) => (s.load.model = "rate"), ['load.model: found "rate"; allowed: "users" or "arrivals"']],
  ["a load that is no object", (s) => (s.load = 5), ['load: found 5; allowed: an object with "model"']],
  ["half a user", (s) => (s.load.virtual_users = 1.5), ["load.virtual_users: found 1.5; allowed: a whole number from 1 to 1000"]],
  ["a negative rate", (s) => (s.load.start = -1), ["load.start: found -1; allowed: a number from 0 to 1000"]],
  ["a share above one", (s) => (s.keep_alive = 2), ["keep_alive: found 2; allowed: a number from 0 to 1"]],
  ["a limit of nothing", (s) => (s.thresholds.p95_ms = 0), ["thresholds.p95_ms: found 0; allowed: a number above 0"]],
  ["no stages", (s) => (s.load.stages = []), ["load.stages: found []; allowed: a list of at least 1"]],
  ["faults that are no list", (s) => (s.faults = {}), ["faults: found {}; allowed: a list"]],
  ["no name", (s) => (s.name = ""), ['name: found ""; allowed: a text that is not empty']],
  [
    "an entry with a path",
    (s) => (s.entry.url = "http://127.0.1.11:8080/products"),
    ['entry.url: found "http://127.0.1.11:8080/products"; allowed: an address such as "http://127.0.1.11:8080"'],
  ],
  [
    "an action that is none",
    (s) => (s.mix = { brows: 1 }),
    ["mix.brows: no such key; allowed: browse, search, purchase, reserve (did you mean browse?)"],
  ],
  [
    "an empty mix",
    (s) => (s.mix = {}),
    ["mix: found {}; allowed: an object with at least one of the keys browse, search, purchase, reserve"],
  ],
  [
    "a route that is none",
    (s) => (s.thresholds.routes = { "GET /order": { p95_ms: 1 } }),
    [
      'thresholds.routes["GET /order"]: no such key; allowed: GET /products, GET /products/:id, GET /search, GET /flash-sale, ' +
        "POST /flash-sale/:id/reserve, GET /cart, POST /cart, POST /orders",
    ],
  ],
  [
    "a limit of a route",
    (s) => (s.thresholds.routes["GET /flash-sale"].p95_ms = "400ms"),
    ['thresholds.routes["GET /flash-sale"].p95_ms: found "400ms"; allowed: a number above 0'],
  ],
  [
    "two things at once",
    (s) => Object.assign(s, { keep_alive: "no", addresses: 0 }),
    ["addresses: found 0; allowed: a whole number from 1 to 720", 'keep_alive: found "no"; allowed: a number from 0 to 1'],
  ],
];
for (const [what, change, expected] of WRONG) {
  test(`${what} is told with its place, what was found and what is allowed`, () => {
    const value = changed(change);
    assert.deepEqual(told(value), expected);
    assert.equal(allowedBySchema(value), false);
  });
}

const TOGETHER = [
  [
    "a fault after the end",
    (s) => (s.faults[1] = { ...s.faults[1], at: "5m", until: "6m" }),
    ['faults[1].at: found "5m"; allowed: before the load ends after 240 s'],
  ],
  [
    "a fault that outlives the load",
    (s) => (s.faults[1].until = "5m"),
    ['faults[1].until: found "5m"; allowed: at most the load\'s 240 s'],
  ],
  [
    "a fault that ends before it begins",
    (s) => (s.faults[1].until = "2m"),
    ['faults[1].until: found "2m"; allowed: after faults[1].at, "132s"'],
  ],
  [
    "two faults of a service at once",
    (s) => (s.faults[1].at = "131s"),
    ['faults[1].at: found "131s"; allowed: a time at which payment-service has no other fault (it has that of faults[0])'],
  ],
  ["thinking from more to less", (s) => (s.think.least = "1m"), ['think.least: found "1m"; allowed: at most think.most, "3600ms"']],
  ["a mix of nothing", (s) => (s.mix = { browse: 0 }), ['mix: found {"browse":0}; allowed: a weight above 0 for at least one action']],
  [
    "nobody",
    (s) => (s.load = { ...s.load, start: 0, stages: [{ for: "4m" }] }),
    ["load.start: found 0; allowed: a level of at least 0.01, here or in a stage"],
  ],
  [
    "a load that takes no time",
    (s) => Object.assign(s, { faults: [], load: { ...s.load, stages: [{ for: "0s" }] } }),
    ['load.stages: found ["0s"]; allowed: times that add up to more than nothing and at most 24 hours'],
  ],
];
for (const [what, change, expected] of TOGETHER) {
  test(`${what} is told although each value alone is allowed`, () => {
    const value = changed(change);
    assert.deepEqual(told(value), expected);
    assert.equal(allowedBySchema(value), true);
  });
}

test("the error names the file and lists everything that is wrong", () => {
  const text = JSON.stringify(changed((s) => Object.assign(s, { keep_alive: 2, addresses: 0 })));
  assert.throws(() => read(text, schema, "k6/scenarios/mine.json"), {
    message:
      "k6/scenarios/mine.json is no scenario:\n  addresses: found 0; allowed: a whole number from 1 to 720\n" +
      "  keep_alive: found 2; allowed: a number from 0 to 1",
  });
  assert.throws(() => read("{", schema, "mine.json"), /^ScenarioError: mine\.json is no scenario:\n {2}not JSON: /);
  assert.throws(() => read("[]", schema, "mine.json"), /the scenario: found \[\]; allowed: an object with the keys /);
});

/** Every place in a value, as the path of keys that leads there. */
function* places(value, path = []) {
  yield path;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) yield* places(value[key], [...path, key]);
}

const STRANGERS = [
  null,
  true,
  "",
  "text",
  "5s",
  "5 s",
  "1.5h",
  "-1s",
  "crash",
  "users",
  -1,
  0,
  0.5,
  1,
  1.5,
  720,
  1000,
  1001,
  1e9,
  [],
  {},
  [{}],
  { a: 1 },
];

/** A value with everything replaced, taken away or added to, one place at a time. */
function* mutations(value) {
  for (const path of places(value)) {
    const at = (whole) => path.slice(0, -1).reduce((inner, key) => inner[key], whole);
    const last = path.at(-1);
    if (path.length > 0) {
      for (const stranger of STRANGERS) {
        const copy = structuredClone(value);
        at(copy)[last] = stranger;
        yield copy;
      }
      const without = structuredClone(value);
      if (Array.isArray(at(without))) at(without).splice(Number(last), 1);
      else delete at(without)[last];
      yield without;
    }
    const more = structuredClone(value);
    const here = path.reduce((inner, key) => inner[key], more);
    if (typeof here === "object" && !Array.isArray(here)) {
      for (const key of ["__proto__", "constructor", "kind", "to", "start", "share", "status"]) {
        const copy = structuredClone(more);
        Object.defineProperty(
          path.reduce((inner, step) => inner[step], copy),
          key,
          { value: 1, enumerable: true, writable: true },
        );
        yield copy;
      }
    }
  }
}

test("reader and schema agree about every scenario with any one thing changed", () => {
  let right = 0;
  let wrong = 0;
  for (const { name, text } of scenarios) {
    for (const value of mutations(JSON.parse(text))) {
      const found = problems(value, schema);
      const allowed = allowedBySchema(value);
      assert.equal(
        found.length === 0,
        allowed,
        `${name}: ${JSON.stringify(value)}\n${found.join("\n")}\n${JSON.stringify(allowedBySchema.errors)}`,
      );
      if (allowed) right += 1;
      else wrong += 1;
    }
  }
  // Both sorts came up, or nothing was compared.
  assert.ok(right > 500 && wrong > 2000, `${right} right, ${wrong} wrong`);
});

test("a schema that says more than is checked is refused", () => {
  assert.throws(() => problems(5, { type: "number", multipleOf: 5 }), /the schema has "multipleOf", which is not checked here/);
});

test("every key of the schema is described, so that editors can say what it is for", () => {
  const visit = (part, where) => {
    for (const [key, inner] of Object.entries(part.properties ?? {})) {
      assert.ok(inner.description || inner.$ref, `${where}.${key}`);
      visit(inner, `${where}.${key}`);
    }
    if (part.items) visit(part.items, `${where}[]`);
  };
  visit(schema, "");
  for (const [name, part] of Object.entries(schema.definitions)) visit(part, name);
});

test("times are scaled and defaults filled in; thinking is not scaled", () => {
  const value = scenario("flash-sale");
  value.faults = [{ kind: "errors", service: "cart-service", at: "1m" }];
  const given = read(JSON.stringify(value), schema, "x.json", 0.5);
  assert.equal(given.length_s, 120);
  assert.deepEqual(given.load.stages.slice(0, 2), [
    { for_s: 30, to: 1.5 },
    { for_s: 2.5, to: 6 },
  ]);
  assert.deepEqual(given.faults, [{ kind: "errors", service: "cart-service", status: 503, share: 1, at_s: 30, until_s: 120 }]);
  assert.deepEqual(given.think, { least_s: 0.8, most_s: 3.6 });
  assert.equal(given.keep_alive, 0.75);
});

test("a scale is a number above nothing", () => {
  assert.equal(scaleOf(undefined), 1);
  assert.equal(scaleOf("0.1"), 0.1);
  for (const text of ["0", "-1", "fast", "1e9"]) {
    assert.throws(() => scaleOf(text), { message: `DURATION_SCALE: found "${text}"; allowed: a number above 0 up to 100` });
  }
});
