// What can happen to a packet of a connection, and how each is drawn: a shape and a word first, then a colour.

/** Broken, odd, or worth knowing. */
export type Tone = "err" | "warn" | "quiet";

export interface VerdictStyle {
  tone: Tone;
  /** SVG path of its shape in a box of 10 by 10. */
  shape: string;
  /** The shape is drawn as lines instead of filled. */
  lined?: boolean;
  /** What it means, in a sentence. */
  means: string;
}

/** By the word that rows have. */
export const VERDICTS: Readonly<Record<string, VerdictStyle>> = {
  retransmission: { tone: "warn", shape: "M5 1L9 9H1z", means: "All of it had been captured before." },
  "out of order": { tone: "warn", shape: "M5 .5L9.5 5 5 9.5.5 5z", means: "It fills a hole that later packets left." },
  overlap: { tone: "warn", shape: "M1 3h6v6H1zM5 1h4v4", lined: true, means: "Part of it had been captured before." },
  "conflicting overlap": {
    tone: "err",
    shape: "M1.5 1.5l7 7M8.5 1.5l-7 7",
    lined: true,
    means: "Part of it was sent again with other bytes.",
  },
  "keep-alive": {
    tone: "quiet",
    shape: "M5 1.5a3.5 3.5 0 110 7 3.5 3.5 0 110-7z",
    lined: true,
    means: "It asks whether the peer is still there.",
  },
  "keep-alive ack": {
    tone: "quiet",
    shape: "M5 2.5a2.5 2.5 0 110 5 2.5 2.5 0 110-5z",
    means: "The peer is still there.",
  },
  "zero window": { tone: "err", shape: "M1 3.5h8v3H1z", means: "It takes nothing more for now." },
  "zero window probe": {
    tone: "warn",
    shape: "M1 3h8v4H1z",
    lined: true,
    means: "It asks whether a closed window is open again.",
  },
  "window update": { tone: "quiet", shape: "M1.5 7L5 3l3.5 4", lined: true, means: "It takes more again." },
  "duplicate ack": { tone: "warn", shape: "M5 9L1 1h8z", means: "It acknowledges the same byte again." },
  "gap before": {
    tone: "err",
    shape: "M3 1v8M7 1v8",
    lined: true,
    means: "It acknowledges bytes that were not captured.",
  },
  "out of window": {
    tone: "warn",
    shape: "M5 1v8M1 5h8",
    lined: true,
    means: "It lies outside anything the connection could carry.",
  },
};

const UNKNOWN: VerdictStyle = { tone: "warn", shape: "M5 2v4M5 8v.2", lined: true, means: "" };

/** How a verdict is drawn, also one that a newer host added. */
export function verdictStyle(word: string): VerdictStyle {
  return VERDICTS[word] ?? UNKNOWN;
}
