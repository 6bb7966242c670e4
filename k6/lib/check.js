// Holds a value against a JSON Schema and says, for everything that is wrong, where it is, what was found and what is allowed.
// It knows the keywords that scenario.schema.json uses, and refuses a schema that uses others: nothing there goes unchecked.

const KNOWN = new Set([
  ...["$ref", "allOf", "oneOf", "const", "enum", "type", "properties", "required", "additionalProperties", "minProperties"],
  ...["items", "minItems", "minLength", "pattern", "minimum", "exclusiveMinimum", "maximum"],
  // These say nothing about what is allowed.
  ...["$schema", "title", "description", "examples", "definitions"],
]);

/**
 * Everything in `value` that `schema` does not allow, as sentences; empty when all is well.
 *
 * @param {unknown} value
 * @param {object} schema
 * @returns {string[]}
 */
export function problems(value, schema) {
  return at("", value, schema, schema);
}

/** A place as one would write it: `faults[0].at`; a key that is no word stands in brackets. */
export function place(parent, key) {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}

/** A sentence about one place. */
export function wrong(where, value, allowed) {
  return `${where === "" ? "the scenario" : where}: found ${shown(value)}; allowed: ${allowed}`;
}

function at(where, value, given, root) {
  const schema = resolved(given, root);
  for (const keyword of Object.keys(schema)) {
    if (!KNOWN.has(keyword)) throw new Error(`the schema has ${JSON.stringify(keyword)}, which is not checked here`);
  }
  if (schema.oneOf) return ofVariants(where, value, schema.oneOf, root);
  if (schema.allOf) return schema.allOf.flatMap((part) => at(where, value, part, root));
  if ("const" in schema || schema.enum) return listed(schema).includes(value) ? [] : [wrong(where, value, allowed(schema, root))];
  if (!hasType(value, schema.type)) return [wrong(where, value, allowed(schema, root))];
  switch (schema.type) {
    case "object":
      return ofObject(where, value, schema, root);
    case "array":
      if (value.length < (schema.minItems ?? 0)) return [wrong(where, value, allowed(schema, root))];
      return value.flatMap((item, index) => at(place(where, index), item, schema.items, root));
    case "string":
      return fits(value, schema) ? [] : [wrong(where, value, allowed(schema, root))];
    default:
      return inRange(value, schema) ? [] : [wrong(where, value, allowed(schema, root))];
  }
}

function ofObject(where, value, schema, root) {
  const keys = Object.keys(schema.properties);
  const found = Object.keys(value);
  const unknown = found.filter((key) => !keys.includes(key)).map((key) => noSuchKey(place(where, key), key, keys));
  const missing = (schema.required ?? [])
    .filter((key) => !found.includes(key))
    .map((key) => `${place(where, key)}: missing; allowed: ${allowed(schema.properties[key], root)}`);
  const few = found.length < (schema.minProperties ?? 0) ? [wrong(where, value, allowed(schema, root))] : [];
  const inside = found
    .filter((key) => keys.includes(key))
    .flatMap((key) => at(place(where, key), value[key], schema.properties[key], root));
  return [...unknown, ...missing, ...few, ...inside];
}

/** Variants differ in a key that each has with a word of its own: that word chooses, and only its variant is spoken of. */
function ofVariants(where, value, given, root) {
  const variants = given.map((variant) => resolved(variant, root));
  const key = Object.keys(variants[0].properties).find((name) => variants.every((one) => "const" in (one.properties[name] ?? {})));
  if (!hasType(value, "object")) return [wrong(where, value, `an object with ${JSON.stringify(key)}`)];
  const words = variants.map((variant) => variant.properties[key].const);
  if (!Object.keys(value).includes(key)) return [`${place(where, key)}: missing; allowed: ${anyOf(words)}`];
  const chosen = variants[words.indexOf(value[key])];
  return chosen ? ofObject(where, value, chosen, root) : [wrong(place(where, key), value[key], anyOf(words))];
}

function resolved(schema, root) {
  return schema.$ref ? root.definitions[schema.$ref.replace("#/definitions/", "")] : schema;
}

function hasType(value, type) {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

const listed = (schema) => schema.enum ?? [schema.const];
const fits = (text, { pattern, minLength = 0 }) => [...text].length >= minLength && (!pattern || new RegExp(pattern, "u").test(text));
const inRange = (number, { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity }) =>
  number >= minimum && number > exclusiveMinimum && number <= maximum;

function noSuchKey(where, key, keys) {
  const meant = nearest(key, keys);
  return `${where}: no such key; allowed: ${keys.join(", ")}${meant ? ` (did you mean ${meant}?)` : ""}`;
}

/** What a schema allows, in words. */
function allowed(given, root) {
  const schema = resolved(given, root);
  if (schema.allOf) return allowed(schema.allOf[0], root);
  if (schema.oneOf) return `an object: ${schema.oneOf.map((one) => resolved(one, root).description).join(" Or: ")}`;
  if ("const" in schema || schema.enum) return anyOf(listed(schema));
  switch (schema.type) {
    case "object":
      return `an object with ${schema.minProperties ? "at least one of the keys" : "the keys"} ${Object.keys(schema.properties).join(", ")}`;
    case "array":
      return schema.minItems ? `a list of at least ${schema.minItems}` : "a list";
    case "string":
      if (schema.pattern) return `${schema.title} such as ${anyOf(schema.examples)}`;
      return schema.minLength ? "a text that is not empty" : "a text";
    default:
      return `a ${schema.type === "integer" ? "whole number" : "number"}${range(schema)}`;
  }
}

function range({ minimum, exclusiveMinimum, maximum }) {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return "";
  return maximum === undefined ? ` from ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function anyOf(words) {
  const quoted = words.map((word) => JSON.stringify(word));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** A value as JSON, cut where it gets long. */
function shown(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The key that differs by two letters at most, and by less than half of it. */
function nearest(key, keys) {
  const [best] = keys.map((name) => ({ name, distance: distance(key, name) })).sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 2 && best.distance * 2 < best.name.length ? best.name : undefined;
}

/** Letters to change, add, take away or swap with the next one (optimal string alignment). */
function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}
