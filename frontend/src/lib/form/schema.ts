// From the JSON Schema of a configuration to the fields of its form. Nothing here knows a single setting.

/** A value that may be chosen. */
export interface Option {
  value: unknown;
  text: string;
  help: string;
}

/** A value that stands alone. */
export type Scalar =
  | { is: "number"; whole: boolean; least: number | null; most: number | null }
  | { is: "text"; pattern: string | null; examples: readonly string[] }
  | { is: "choice"; options: readonly Option[] };

/** A text of each row of a list of objects. */
export interface RowColumn {
  key: string;
  title: string;
  help: string;
}

/** What kind of value a field takes. `map` is names with texts, such as headers. `rows` are objects in an order, each of a few texts. `json` is for what no form control is made for: it is typed as it stands in the file. */
export type Shape =
  | { is: "switch" }
  | Scalar
  | { is: "list"; of: Scalar }
  | { is: "map" }
  | { is: "rows"; columns: readonly RowColumn[] }
  | { is: "json" };

/** A setting. */
export interface Field {
  /** As problems name it: `capture.leave_out.ports`. */
  path: string;
  /** Which of the schemas of a configuration it is from: the first word of its path. */
  part: string;
  /** The way to its value inside the part. */
  keys: readonly string[];
  title: string;
  help: string;
  /** Written behind the value: `MiB`. */
  unit: string;
  shape: Shape;
  /** May be left empty, which is `null`. */
  nullable: boolean;
  /** Its default; undefined where the schema names none. */
  fallback: unknown;
  /** A change takes effect only when the capture starts again. */
  restarts: boolean;
}

/** Fields that belong together. */
export interface Group {
  /** Empty for the settings that stand in no group. */
  title: string;
  help: string;
  fields: Field[];
}

type Node = Record<string, unknown>;

/** What is known from further out while a schema is walked. */
interface Outer {
  keys: readonly string[];
  fallback: unknown;
  restarts: boolean;
}

/** No schema of settings is nested deeper; one that refers to itself ends here. */
const DEEPEST = 6;

/** The groups of a part's settings, in the order of the schema. */
export function groupsOf(part: string, root: Node): Group[] {
  const groups: Group[] = [];
  walk({ part, root, groups }, resolve(root, root), "", "", { keys: [], fallback: root["default"], restarts: false });
  return groups.filter(({ fields }) => fields.length > 0);
}

interface Walk {
  part: string;
  root: Node;
  groups: Group[];
}

function walk(going: Walk, node: Node, title: string, help: string, outer: Outer): void {
  const group: Group = { title, help, fields: [] };
  going.groups.push(group);
  for (const [key, raw] of Object.entries(objectOf(node["properties"]) ?? {})) {
    // The file's own mark for editors.
    if (key.startsWith("$")) continue;
    const property = resolve(objectOf(raw) ?? {}, going.root);
    const keys = [...outer.keys, key];
    const named = textOf(property["title"]) || titleOf(key);
    const about = textOf(property["description"]);
    const effect = property["x-takes-effect"];
    const inner: Outer = {
      keys,
      // The default of the whole outer object counts: it may differ from what the inner one's type has by itself.
      fallback: objectOf(outer.fallback)?.[key] ?? property["default"],
      restarts: effect === undefined ? outer.restarts : effect === "restart",
    };
    if (objectOf(property["properties"]) !== null && keys.length < DEEPEST) {
      walk(going, property, named, about, inner);
      continue;
    }
    group.fields.push({
      path: [going.part, ...keys].join("."),
      part: going.part,
      keys,
      title: named,
      help: about,
      unit: textOf(property["x-unit"]),
      shape: shapeOf(property, going.root),
      nullable: property["nullable"] === true,
      fallback: inner.fallback,
      restarts: inner.restarts,
    });
  }
}

/** The node itself: references followed, `allOf` and "or null" unfolded. What stands beside a reference wins over what it refers to. */
function resolve(node: Node, root: Node, depth = 0): Node {
  if (depth > DEEPEST) return node;
  const { $ref, allOf, anyOf, ...own } = node;
  const deeper = (inner: unknown): Node => resolve(objectOf(inner) ?? {}, root, depth + 1);
  if (typeof $ref === "string") return { ...deeper(target($ref, root)), ...own };
  if (Array.isArray(allOf) && allOf.length === 1) return { ...deeper(allOf[0]), ...own };
  if (Array.isArray(anyOf)) {
    const some = anyOf.filter((one) => objectOf(one)?.["type"] !== "null");
    if (some.length === 1 && some.length < anyOf.length) return { ...deeper(some[0]), ...own, nullable: true };
    return node;
  }
  const { type } = node;
  if (Array.isArray(type)) {
    const some = type.filter((one) => one !== "null");
    if (some.length === 1) return { ...node, type: some[0], nullable: some.length < type.length };
  }
  return node;
}

function target(ref: string, root: Node): unknown {
  if (!ref.startsWith("#/")) return null;
  return ref
    .slice(2)
    .split("/")
    .reduce<unknown>((at, step) => objectOf(at)?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], root);
}

function shapeOf(node: Node, root: Node): Shape {
  if (node["type"] === "boolean") return { is: "switch" };
  const scalar = scalarOf(node);
  if (scalar !== null) return scalar;
  const items = objectOf(node["items"]);
  if (node["type"] === "array" && items !== null) {
    const item = resolve(items, root);
    const of = scalarOf(item);
    if (of !== null) return { is: "list", of };
    const columns = columnsOf(item, root);
    if (columns !== null) return { is: "rows", columns };
  }
  if (node["type"] === "object" && objectOf(node["additionalProperties"])?.["type"] === "string") return { is: "map" };
  return { is: "json" };
}

/** The texts of an object that has nothing but texts. */
function columnsOf(node: Node, root: Node): RowColumn[] | null {
  const properties = Object.entries(objectOf(node["properties"]) ?? {});
  const columns = properties.map(([key, raw]): RowColumn | null => {
    const property = resolve(objectOf(raw) ?? {}, root);
    if (scalarOf(property)?.is !== "text") return null;
    return { key, title: textOf(property["title"]) || titleOf(key), help: textOf(property["description"]) };
  });
  return columns.length > 0 && columns.every((column) => column !== null) ? columns : null;
}

function scalarOf(node: Node): Scalar | null {
  const options = optionsOf(node);
  if (options.length > 0) return { is: "choice", options };
  const written = texts(node);
  if (written !== null) return scalarOf(written);
  const { type } = node;
  if (type === "integer" || type === "number") {
    return { is: "number", whole: type === "integer", least: limit(node["minimum"]), most: limit(node["maximum"]) };
  }
  if (type !== "string") return null;
  const examples = Array.isArray(node["examples"]) ? node["examples"] : [];
  return {
    is: "text",
    pattern: textOf(node["pattern"]) || null,
    examples: examples.filter((example): example is string => typeof example === "string"),
  };
}

/** A number that may also be written as a text, such as a status `200` or `"2xx"`, is a text. */
function texts(node: Node): Node | null {
  const kinds = Array.isArray(node["anyOf"]) ? node["anyOf"].map((one) => objectOf(one) ?? {}) : [];
  const text = kinds.find(({ type }) => type === "string");
  const others = kinds.every(({ type }) => type === "string" || type === "integer");
  if (text === undefined || !others) return null;
  return { ...text, examples: Array.isArray(node["examples"]) ? node["examples"].map(String) : [] };
}

/** Values of an `enum`, or of a `oneOf` in which each is a constant or a list of constants. */
function optionsOf(node: Node): Option[] {
  const option = (value: unknown, help: string, title = ""): Option => ({
    value,
    text: title || titleOf(String(value)),
    help,
  });
  if (Array.isArray(node["enum"])) return node["enum"].map((value) => option(value, ""));
  if (!Array.isArray(node["oneOf"])) return [];
  const all = node["oneOf"].map((raw): Option[] | null => {
    const one = objectOf(raw) ?? {};
    const help = textOf(one["description"]);
    if ("const" in one) return [option(one["const"], help, textOf(one["title"]))];
    return Array.isArray(one["enum"]) ? one["enum"].map((value) => option(value, help)) : null;
  });
  return all.every((some) => some !== null) ? all.flat() : [];
}

const ABBREVIATIONS = /\b(ca|dns|http|ip|json|kib|tcp|tls|url)\b/g;

/** `snap_length` as a person writes it. */
export function titleOf(key: string): string {
  const words = key
    .replaceAll(/[_-]+/g, " ")
    .trim()
    .replaceAll(ABBREVIATIONS, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function objectOf(value: unknown): Node | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Node) : null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function limit(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
