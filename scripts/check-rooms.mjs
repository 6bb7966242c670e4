#!/usr/bin/env node
// Holds the code to the picture in docs/architecture.md: a room depends only on the rooms its row names, the arrows make no cycle,
// and a library that belongs to one room is named by no other.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Cells of the table under the heading, without its two head lines. */
function table(text, heading) {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading));
  if (!section) throw new Error(`docs/architecture.md has no section "${heading}"`);
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** Every `word` in a cell. */
const words = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);

const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
const allowed = new Map(table(page, "The rooms").map(([room, , uses]) => [words(room)[0], new Set(words(uses))]));
const kept = new Map(table(page, "Kept to one room").flatMap(([libraries, rooms]) =>
  words(libraries).map((library) => [library, new Set(words(rooms))])));

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"], { cwd: root, maxBuffer: 1 << 28 }),
);
const room = (crate) => (crate === "wirereel-app" ? "src-tauri" : crate.replace(/^wirereel-/, ""));

/** Rooms that any room's tests and benchmarks may use. */
const servesTests = new Set(["testkit", "day"]);

const problems = [];
for (const { name, dependencies } of metadata.packages) {
  const from = room(name);
  const uses = allowed.get(from);
  if (!uses) {
    problems.push(`${from}: docs/architecture.md has no row for this room`);
    continue;
  }
  for (const dependency of dependencies) {
    const inside = dependency.path !== undefined && dependency.path !== null;
    const to = room(dependency.name);
    const forTests = dependency.kind === "dev";
    if (inside && !uses.has(to) && !(forTests && servesTests.has(to))) {
      problems.push(`${from} → ${to}: the row of ${from} does not name ${to}`);
    }
    if (!inside && !forTests && kept.has(dependency.name) && !kept.get(dependency.name).has(from)) {
      problems.push(`${from} → ${dependency.name}: kept to ${[...kept.get(dependency.name)].join(", ")}`);
    }
  }
}
const crates = new Set(metadata.packages.map(({ name }) => room(name)));
for (const name of allowed.keys()) {
  if (name !== "frontend" && !crates.has(name)) problems.push(`${name}: a row without a room`);
}

/** The first cycle among the allowed arrows, or nothing. */
function cycle() {
  const done = new Set();
  const visit = (at, path) => {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at];
    if (done.has(at)) return undefined;
    for (const next of allowed.get(at) ?? []) {
      const found = visit(next, [...path, at]);
      if (found) return found;
    }
    done.add(at);
    return undefined;
  };
  for (const start of allowed.keys()) {
    const found = visit(start, []);
    if (found) return found;
  }
  return undefined;
}
const circle = cycle();
if (circle) problems.push(`a cycle: ${circle.join(" → ")}`);

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${crates.size} rooms, every arrow as drawn in docs/architecture.md`);
process.exit(problems.length === 0 ? 0 : 1);
