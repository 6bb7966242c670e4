// What a menu holds.

import type { IconName } from "./icons";

export type MenuEntry =
  | {
      kind: "action";
      text: string;
      /** On the right, in the quiet colour: a size, a date, or why it is disabled. */
      detail?: string;
      keys?: string;
      icon?: IconName;
      disabled?: boolean;
      run: () => void;
    }
  | { kind: "heading"; text: string }
  | { kind: "line" };
