// What a pane says is wrong besides an answer that failed.

export interface Notice {
  /** What it is said of, where that is not the pane as a whole. */
  of?: string;
  text: string;
}

/** Sentences about the pane as a whole. */
export const notices = (texts: readonly string[]): Notice[] => texts.map((text) => ({ text }));

/** No two notices of a list have the same. */
export const noticeKey = ({ of, text }: Notice): string => JSON.stringify([of ?? null, text]);
