// Says when an alert opens or is over, wherever on the page somebody looks; not what was so when the page came.

import { untrack } from "svelte";
import { ApiError, backend, type AlertRow } from "../backend";
import { alertsView, messages, pane, recording } from "../state";
import { knownOf, newsOf, type Known } from "./news";

/** The latest alerts are looked at: more do not open between two pushes. */
const LATEST = 100;
/** Of many at once only so many are shown one by one. */
const MOST_SHOWN = 3;
/** What opened lies over the page for so long; after that the bell counts it. */
const SHOWN_MS = 15_000;

class AlertNews {
  #known: Known | null = null;
  /** What is shown of alerts that opened, by their ids: it goes when they are over. */
  readonly #shown = new Map<string, number>();
  #asking = false;
  #again = false;
  /** Whether the browser may show notifications; null where it cannot. */
  permission = $state<NotificationPermission | null>(null);

  /** Follows the host's pushes; call it while the app's root component is being made. */
  follow(): void {
    this.permission = typeof Notification === "undefined" ? null : Notification.permission;
    $effect(() => {
      void recording.alerts.generation;
      if (recording.app === null) return;
      untrack(() => void this.#look());
    });
    // Who looks at the list sees it there.
    $effect(() => {
      if (pane.current !== "alerts") return;
      untrack(() => this.#shown.forEach((shown) => messages.dismiss(shown)));
      this.#shown.clear();
    });
  }

  /** Asks the user whether the browser may show notifications. */
  async allow(): Promise<void> {
    if (this.permission !== null) this.permission = await Notification.requestPermission();
  }

  async #look(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    do {
      this.#again = false;
      try {
        const { rows } = await backend().alerts({ which: "all", offset: 0, limit: LATEST });
        if (this.#known !== null) this.#tell(this.#known, rows);
        this.#known = knownOf(rows);
      } catch (thrown) {
        // The pane says what is wrong; the next push looks again.
        if (ApiError.from(thrown).code === "nothing_open") this.#known = new Map();
      }
    } while (this.#again);
    this.#asking = false;
  }

  #tell(known: Known, rows: readonly AlertRow[]): void {
    const { opened, resolved } = newsOf(known, rows);
    for (const alert of opened.slice(0, MOST_SHOWN)) this.#say(alert, alert.message, "error");
    if (opened.length > MOST_SHOWN && pane.current !== "alerts") {
      messages.show(`${opened.length - MOST_SHOWN} more alerts opened.`, "note", {
        text: "Show",
        run: () => pane.show("alerts"),
      });
    }
    for (const { alert_id } of resolved) {
      const shown = this.#shown.get(alert_id);
      if (shown !== undefined) messages.dismiss(shown);
      this.#shown.delete(alert_id);
    }
    for (const alert of resolved.slice(0, MOST_SHOWN)) {
      this.#say(alert, alert.recovery_message ?? `${alert.subject.name} has recovered.`, "note");
    }
  }

  #say(alert: AlertRow, text: string, kind: "note" | "error"): void {
    const run = (): void => {
      alertsView.look(alert.alert_id);
      pane.show("alerts");
    };
    messages.say(text);
    if (pane.current !== "alerts") {
      const shown = messages.post(text, kind, { text: "Show", run });
      if (kind === "error") {
        this.#shown.set(alert.alert_id, shown);
        setTimeout(() => messages.dismiss(shown), SHOWN_MS);
      }
    }
    // The window's host has its own way to the desktop.
    if (backend().host !== "browser" || this.permission !== "granted") return;
    const note = new Notification("Wirereel", { body: text, tag: `${alert.alert_id} ${kind}` });
    note.onclick = () => {
      window.focus();
      run();
    };
  }
}

export const alertNews = new AlertNews();
