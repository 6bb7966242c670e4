// How figures, sizes, times and durations are written. One place, so that they agree everywhere.

export * from "./endpoint";
export { face, type Face } from "./face.svelte";
export * from "./marks";
export * from "./quantity";
export * from "./time";
export * from "./zone";
