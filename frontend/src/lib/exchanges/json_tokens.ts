// Light colouring of JSON text, line by line. It never fails: what is not JSON is plain.

export type JsonRole = "key" | "string" | "number" | "punctuation" | "plain";

export interface JsonToken {
  role: JsonRole;
  text: string;
}

/** Strings (with an unfinished one up to the end), then numbers and words, then punctuation, then the rest. */
const PIECE =
  /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b)|([{}[\],:]+)|(\s+|[^\s"{}[\],:\d-]+|.)/g;

/** The tokens of one line of indented JSON. Joined, their texts are the line. */
export function jsonTokens(line: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  for (const [all, string, colon, value, punctuation] of line.matchAll(PIECE)) {
    if (string !== undefined) {
      tokens.push({ role: colon === undefined ? "string" : "key", text: string });
      if (colon !== undefined) tokens.push({ role: "punctuation", text: colon });
    } else if (value !== undefined) tokens.push({ role: "number", text: value });
    else if (punctuation !== undefined) tokens.push({ role: "punctuation", text: punctuation });
    else tokens.push({ role: "plain", text: all });
  }
  return tokens;
}
