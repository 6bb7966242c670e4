// The keyboard map: which key does what. Text fields, grids and open menus come first, then these.

import { PANES, type PaneId } from "../state/pane.svelte";

/** What a key asks for. */
export type KeyAction =
  | { do: "playOrPause" }
  | { do: "step"; direction: "forward" | "backward"; times: 1 | 10 }
  | { do: "rangeEdge"; edge: "start" | "end" }
  | { do: "showAll" }
  | { do: "zoom"; direction: "in" | "out" }
  | { do: "bookmark" }
  | { do: "live" }
  | { do: "theme" }
  | { do: "filter" }
  | { do: "keyboardMap" }
  | { do: "open" }
  | { do: "close" }
  | { do: "pane"; pane: PaneId };

/** What matters of a key event. */
export interface Pressed {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const PANE_KEYS: Record<string, PaneId> = Object.fromEntries(PANES.map(({ key, id }) => [key, id]));

/** The second key after `g` must come within this time. */
export const CHORD_MS = 1500;

/** What `pressed` asks for, or null. `afterG` is true when `g` was pressed just before. */
export function actionOf(pressed: Pressed, afterG: boolean): KeyAction | null {
  const { key, shiftKey } = pressed;
  if (pressed.altKey) return null;
  if (pressed.ctrlKey || pressed.metaKey) return key.toLowerCase() === "o" ? { do: "open" } : null;
  if (afterG) {
    const pane = PANE_KEYS[key.toLowerCase()];
    if (pane !== undefined) return { do: "pane", pane };
  }
  switch (key) {
    case " ":
      return { do: "playOrPause" };
    case "ArrowRight":
      return { do: "step", direction: "forward", times: shiftKey ? 10 : 1 };
    case "ArrowLeft":
      return { do: "step", direction: "backward", times: shiftKey ? 10 : 1 };
    case "[":
      return { do: "rangeEdge", edge: "start" };
    case "]":
      return { do: "rangeEdge", edge: "end" };
    case "0":
      return { do: "showAll" };
    case "+":
    case "=":
      return { do: "zoom", direction: "in" };
    case "-":
    case "−":
      return { do: "zoom", direction: "out" };
    case "b":
      return { do: "bookmark" };
    case "l":
      return { do: "live" };
    case "t":
      return { do: "theme" };
    case "/":
      return { do: "filter" };
    case "?":
      return { do: "keyboardMap" };
    case "Escape":
      return { do: "close" };
    default:
      return null;
  }
}

/** What the focused element keeps for itself. */
export interface FocusOwner {
  /** A text field: takes every key but Esc and Ctrl combinations. */
  typing: boolean;
  /** A grid, list, menu or slider: takes arrow keys, Home, End and Enter. */
  moving: boolean;
  /** A button or link: takes Space and Enter. */
  pressing: boolean;
}

/** True when the focused element and not the page takes the key. */
export function belongsToFocus(pressed: Pressed, focus: FocusOwner): boolean {
  if (pressed.ctrlKey || pressed.metaKey) return false;
  if (focus.typing) return true;
  if (focus.moving && /^(Arrow|Home|End|Page|Enter|Escape| )/.test(pressed.key)) return true;
  return focus.pressing && (pressed.key === " " || pressed.key === "Enter");
}

/** The map as the `?` dialog shows it. */
export const KEYBOARD_MAP: readonly { keys: string; does: string }[] = [
  { keys: "Space", does: "play, pause" },
  { keys: "← →", does: "previous, next event" },
  { keys: "Shift ← →", does: "ten events back, on" },
  { keys: "[ ]", does: "range starts, ends here" },
  { keys: "0", does: "show the whole recording" },
  { keys: "+ −", does: "zoom in, out" },
  { keys: "b", does: "bookmark the playhead" },
  { keys: "l", does: "live, or to the end" },
  { keys: "/", does: "filter" },
  ...PANES.map(({ key, title }) => ({ keys: `g ${key}`, does: title })),
  { keys: "↑ ↓ Enter", does: "move, open in lists" },
  { keys: "↑ ↓ PgUp PgDn", does: "move the focused playhead" },
  { keys: "Shift PgUp PgDn", does: "pan the focused reel" },
  { keys: "Ctrl O", does: "open a capture" },
  { keys: "t", does: "dark or light" },
  { keys: "Esc", does: "close the innermost layer" },
  { keys: "?", does: "this map" },
];
