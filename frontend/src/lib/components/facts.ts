// What a list of facts holds.

export interface Fact {
  name: string;
  text: string;
  /** State, where the fact is one. */
  tone?: "ok" | "warn" | "err";
  mono?: boolean;
  /** Takes a whole line. */
  wide?: boolean;
  title?: string;
}
