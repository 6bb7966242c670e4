// Puts the selection into a SQL text: `$from`, `$to` and `$at` become timestamps.

/** What the names stand for, in microseconds. */
export interface Instants {
  from: number;
  to: number;
  at: number;
}

/** Strings, quoted names and comments stay as they are. */
const PARTS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(from|to|at)\b/g;

/** The text as it is asked. */
export function withSelection(sql: string, instants: Instants): string {
  return sql.replace(PARTS, (part, name: keyof Instants | undefined) =>
    name === undefined ? part : timestamp(instants[name]),
  );
}

function timestamp(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const micros = String(Math.round(us - seconds * 1e6)).padStart(6, "0");
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
  return `TIMESTAMP '${text}.${micros}'`;
}
