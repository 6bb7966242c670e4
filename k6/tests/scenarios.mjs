// What tests of scenarios share: the files, the schema, and a validator that others wrote.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
export const schema = JSON.parse(readFileSync(join(folder, "scenario.schema.json"), "utf8"));

/** Name and text of every scenario. */
export const scenarios = readdirSync(join(folder, "scenarios")).map((file) => ({
  name: file.replace(/\.json$/, ""),
  text: readFileSync(join(folder, "scenarios", file), "utf8"),
}));

export const scenario = (name) => JSON.parse(scenarios.find((one) => one.name === name).text);

// ESLint validates its own options with ajv, so it is installed with the frontend's packages.
const eslint = createRequire(join(folder, "../frontend/package.json")).resolve("eslint/package.json");
const Ajv = createRequire(eslint)("ajv");

/** Whether the schema allows a value, says ajv. */
export const allowedBySchema = new Ajv({ allErrors: true }).compile(schema);
