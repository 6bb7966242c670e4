// Reads a scenario: JSON in, checked values with all defaults and times in seconds out, or an error that says everything that is wrong.
import { place, problems, wrong } from "./check.js";

const LONGEST_HOURS = 24;
/** Visits per second; rates go by hundredths. */
const SLOWEST_RATE = 0.01;
const DEFAULTS = { addresses: 240, keep_alive: 0.75, faults: [], thresholds: {} };
const FAULT_DEFAULTS = { slow: { share: 1 }, errors: { status: 503, share: 1 }, reset: { share: 1 }, refuse: {}, crash: {} };

/** What is wrong with a scenario file. */
export class ScenarioError extends Error {
  /**
   * @param {string} file where it was read
   * @param {string[]} list one sentence for each thing that is wrong
   */
  constructor(file, list) {
    super(`${file} is no scenario:\n${list.map((line) => `  ${line}`).join("\n")}`);
    this.name = "ScenarioError";
    this.problems = list;
  }
}

/**
 * @param {string} text the file's content
 * @param {object} schema scenario.schema.json
 * @param {string} file its name, for errors
 * @param {number} scale factor of all times of load and faults; thinking is left alone
 * @throws {ScenarioError}
 */
export function read(text, schema, file, scale = 1) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(file, [`not JSON: ${error.message}`]);
  }
  let found = problems(value, schema);
  if (found.length === 0) found = contradictions(value);
  if (found.length > 0) throw new ScenarioError(file, found);
  return completed(value, scale);
}

/** `DURATION_SCALE` as a number. */
export function scaleOf(text) {
  if (text === undefined || text === "") return 1;
  const scale = Number(text);
  if (!(scale > 0 && scale <= 100)) throw new Error(`DURATION_SCALE: found ${JSON.stringify(text)}; allowed: a number above 0 up to 100`);
  return scale;
}

/** Seconds of a time such as "1.5m". */
export function seconds(time) {
  const [, number, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(time);
  return Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600 }[unit];
}

/** The key of a mix that `dice` (0 to 1) falls on. */
export function drawn(mix, dice) {
  const weights = Object.entries(mix).filter(([, weight]) => weight > 0);
  let rest = dice * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of weights) {
    rest -= weight;
    if (rest < 0) return key;
  }
  return weights.at(-1)[0];
}

function completed(value, scale) {
  const given = { ...DEFAULTS, ...value };
  let level = value.load.start ?? 0;
  const stages = value.load.stages.map((stage) => {
    level = stage.to ?? level;
    return { for_s: seconds(stage.for) * scale, to: level };
  });
  const length_s = total(stages.map((stage) => stage.for_s));
  return {
    ...given,
    entry: { host: value.entry.url.replace(/^https?:\/\//, ""), ...value.entry },
    load: { ...value.load, start: value.load.start ?? 0, stages },
    length_s,
    think: { least_s: seconds(value.think.least), most_s: seconds(value.think.most) },
    faults: given.faults.map(({ at, until, ...fault }) => ({
      ...FAULT_DEFAULTS[fault.kind],
      ...fault,
      at_s: seconds(at) * scale,
      until_s: until === undefined ? length_s : seconds(until) * scale,
    })),
  };
}

/** What no schema can say: values that are allowed one by one and make no sense together. */
function contradictions(value) {
  return [...ofLoad(value.load), ...ofThink(value.think), ...ofMix(value.mix), ...ofFaults(value.faults ?? [], length(value.load))];
}

const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
const length = (load) => total(load.stages.map((stage) => seconds(stage.for)));

function ofLoad(load) {
  const levels = [load.start ?? 0, ...load.stages.map((stage) => stage.to ?? 0)];
  const found = [];
  const least = load.model === "users" ? 1 : SLOWEST_RATE;
  if (levels.every((level) => level < least)) {
    found.push(wrong("load.start", load.start ?? 0, `a level of at least ${least}, here or in a stage`));
  }
  const length_s = length(load);
  const times = load.stages.map((stage) => stage.for);
  if (length_s === 0 || length_s > LONGEST_HOURS * 3600) {
    found.push(wrong("load.stages", times, `times that add up to more than nothing and at most ${LONGEST_HOURS} hours`));
  }
  return found;
}

function ofThink({ least, most }) {
  return seconds(least) <= seconds(most) ? [] : [wrong("think.least", least, `at most think.most, ${JSON.stringify(most)}`)];
}

function ofMix(mix) {
  return Object.values(mix).some((weight) => weight > 0) ? [] : [wrong("mix", mix, "a weight above 0 for at least one action")];
}

function ofFaults(faults, length_s) {
  const end = `${length_s} s`;
  return faults.flatMap((fault, index) => {
    const where = place("faults", index);
    const from = seconds(fault.at);
    const until = fault.until === undefined ? length_s : seconds(fault.until);
    if (from >= length_s) return [wrong(`${where}.at`, fault.at, `before the load ends after ${end}`)];
    if (until > length_s) return [wrong(`${where}.until`, fault.until, `at most the load's ${end}`)];
    if (until <= from) return [wrong(`${where}.until`, fault.until, `after ${where}.at, ${JSON.stringify(fault.at)}`)];
    const before = faults.slice(0, index).findIndex((other) => {
      const ends = other.until === undefined ? length_s : seconds(other.until);
      return other.service === fault.service && seconds(other.at) < until && from < ends;
    });
    if (before < 0) return [];
    return [
      wrong(`${where}.at`, fault.at, `a time at which ${fault.service} has no other fault (it has that of ${place("faults", before)})`),
    ];
  });
}
