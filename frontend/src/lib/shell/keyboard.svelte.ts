// Carries out the keyboard map on the whole page.

import { goLive } from "../reel/live";
import { reel } from "../reel/reel.svelte";
import { closeSequence } from "../sequence/opening";
import { steps } from "../reel/steps.svelte";
import { messages, pane, playhead, recording, selection, theme } from "../state";
import { actionOf, belongsToFocus, CHORD_MS, type FocusOwner, type KeyAction } from "./keymap";

class KeyboardMap {
  open = $state(false);

  show(): void {
    this.open = true;
  }
}

/** Whether the `?` dialog is open. */
export const keyboardMap = new KeyboardMap();

/** Listens on the whole page; call it while the app's root component is being made. */
export function listenToKeys(): void {
  let gAt = -CHORD_MS;
  const pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || belongsToFocus(event, ownerOf(event.target))) return;
    const afterG = event.timeStamp - gAt < CHORD_MS;
    gAt = event.key === "g" && !event.ctrlKey && !event.metaKey ? event.timeStamp : -CHORD_MS;
    const action = actionOf(event, afterG);
    if (action === null) return;
    event.preventDefault();
    carryOut(action);
  };
  $effect(() => {
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}

function carryOut(action: KeyAction): void {
  switch (action.do) {
    case "playOrPause":
      return playhead.toggle();
    case "step":
      return void steps.step(action.direction, action.times);
    case "rangeEdge":
      return reel.setRangeEdge(action.edge);
    case "showAll":
      return reel.showAll();
    case "zoom":
      return reel.zoom(action.direction);
    case "bookmark":
      return void reel.bookmark();
    case "live":
      return goLive();
    case "theme":
      theme.toggle();
      return messages.say(`The theme is ${theme.name}.`);
    case "filter":
      return document.getElementById("filter")?.focus();
    case "keyboardMap":
      return keyboardMap.show();
    case "open":
      return void recording.chooseFiles();
    case "close":
      return closeInnermost();
    case "pane":
      return pane.show(action.pane);
  }
}

/** Menus and dialogs close themselves; what remains are the layers of the page. */
function closeInnermost(): void {
  const withExchange = pane.current === "exchanges" || pane.current === "sequence";
  if (selection.exchangeId !== null && withExchange) selection.exchangeId = null;
  else if (pane.current === "sequence") closeSequence();
  else if (selection.flowId !== null && pane.current === "flows") selection.flowId = null;
  else if (selection.inspected !== null && (pane.current === "topology" || pane.current === "compare"))
    selection.inspected = null;
}

const MOVING = '[role="grid"], [role="listbox"], [role="menu"], [role="separator"], [role="dialog"]';

function ownerOf(target: EventTarget | null): FocusOwner {
  if (!(target instanceof HTMLElement)) return { typing: false, moving: false, pressing: false };
  const typing =
    target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
  return {
    typing,
    moving: target.closest(MOVING) !== null,
    pressing: target.closest("button, a[href], summary, input, [role=button]") !== null,
  };
}
