// One visit on the wire, and what is counted of it. Runs in k6.
import { sleep } from "k6";
import encoding from "k6/encoding";
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";
import { headers, traceparent, traces } from "./customers.js";
import * as names from "./routes.js";
import { drawn } from "./scenario.js";
import { ACTIONS, wishes } from "./visits.js";

/** How long a customer waits for an answer. */
const PATIENCE = "10s";

const each = (list, make) => new Map(list.map((name) => [name, make(name)]));
const counters = (list, nameOf) => each(list, (name) => new Counter(nameOf(name)));
const trends = (nameOf) => each(names.ROUTES, (name) => new Trend(nameOf(name), true));

const durations = trends(names.durationOf);
const connects = trends(names.connectOf);
const durationsOfAll = new Trend(names.DURATION, true);
const connectsOfAll = new Trend(names.CONNECT, true);
const asked = counters(names.ROUTES, names.askedOf);
const failed = counters(names.ROUTES, names.failedOf);
const turnedAway = counters(names.ROUTES, names.turnedAwayOf);
const visits = counters(ACTIONS, names.visitsOf);
const requests = counters(ACTIONS, names.requestsOf);

// A customer who is turned away (sold out, not signed in) is no failure of the shop.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 499 }));

const base64 = (text, urlSafe) => encoding.b64encode(text, urlSafe ? "rawurl" : "std");

/** Virtual user `user` (from 1) visits the shop once. */
export function visit(scenario, user) {
  const action = drawn(scenario.mix, Math.random());
  const customer = user - 1;
  const sent = { Host: scenario.entry.host, "Content-Type": "application/json", ...headers(customer, base64) };
  if (Math.random() >= scenario.keep_alive) sent.Connection = "close";
  visits.get(action).add(1);
  for (const [index, wish] of wishes(action, Math.random).entries()) {
    if (index > 0) think(scenario.think);
    if (traces(customer)) sent.traceparent = traceparent(Math.random);
    requests.get(action).add(1);
    // Who gets no answer goes away.
    if (!ask(scenario.entry.url, wish, sent)) return;
  }
}

/** Sends one request and counts it; false when there was no answer. */
function ask(url, { method, target, body }, sent) {
  const route = names.route(method, target);
  const { "Content-Type": _, ...without } = sent;
  const answer = http.request(method, url + target, body, {
    headers: body === null ? without : sent,
    timeout: PATIENCE,
    tags: { name: route },
  });
  const { duration, connecting } = answer.timings;
  asked.get(route).add(1);
  // Where no connection came to be there was no request to time, and a kept connection has no time of connecting: zeros would be false.
  if (duration > 0) {
    durations.get(route).add(duration);
    durationsOfAll.add(duration);
  }
  if (connecting > 0) {
    connects.get(route).add(connecting);
    connectsOfAll.add(connecting);
  }
  if (answer.status === 0 || answer.status >= 500) failed.get(route).add(1);
  else if (answer.status >= 400) turnedAway.get(route).add(1);
  return answer.status !== 0;
}

function think({ least_s, most_s }) {
  sleep(least_s + Math.random() * (most_s - least_s));
}
