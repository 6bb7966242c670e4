// Keeps the URL and the selection the same: back and forward move through selections.

import { untrack } from "svelte";
import { readAddress, writeAddress, type Place } from "./address";
import { alertsView } from "./alerts_view.svelte";
import { checksView } from "./checks_view.svelte";
import { comparison } from "./comparison.svelte";
import { customersView } from "./customers_view.svelte";
import { followPlace, splitPlace } from "./link";
import { pane } from "./pane.svelte";
import { playhead } from "./playhead.svelte";
import { probesView } from "./probes_view.svelte";
import { recording } from "./recording.svelte";
import { selection } from "./selection.svelte";
import { whispererView } from "./whisperer_view.svelte";

/** Takes the selection from the URL, then keeps both in step. Call it while the app's root component is being made. */
export function followAddress(): void {
  followLinks();
  let written = window.location.hash;
  let lastStep = "";
  apply(readAddress(written));

  $effect(() => {
    const place = here();
    // A moved playhead is not a step to go back to.
    const step = writeAddress({ ...place, atUs: null });
    const hash = writeAddress(place);
    untrack(() => {
      if (hash === written) {
        lastStep = step;
        return;
      }
      // Nor is a range that goes along with what is being recorded.
      if (lastStep !== "" && step !== lastStep && !playhead.live) history.pushState(null, "", hash);
      else history.replaceState(null, "", hash);
      written = hash;
      lastStep = step;
    });
  });

  $effect(() => {
    const moved = (): void => {
      if (window.location.hash === written) return;
      if (splitPlace(window.location.hash).recordingId !== null) return;
      written = window.location.hash;
      const place = readAddress(written);
      lastStep = writeAddress({ ...place, atUs: null });
      apply(place);
    };
    window.addEventListener("popstate", moved);
    window.addEventListener("hashchange", moved);
    return () => {
      window.removeEventListener("popstate", moved);
      window.removeEventListener("hashchange", moved);
    };
  });

  forgetWithRecording();
}

/** An address that names a recording is a link that somebody copied: its recording is opened first. */
function followLinks(): void {
  let asked = takeLink();
  // Which recording is open, and which there are, is known with the first answer of the host.
  $effect(() => {
    const place = asked;
    if (recording.app === null || place === null) return;
    asked = null;
    untrack(() => void followPlace(place));
  });
  $effect(() => {
    const moved = (): void => {
      const place = takeLink();
      if (place !== null) void followPlace(place);
    };
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  });
}

/** The address, if it names a recording; in its place stays what it selects. */
function takeLink(): string | null {
  const place = window.location.hash;
  const { hash, recordingId } = splitPlace(place);
  if (recordingId === null) return null;
  history.replaceState(null, "", hash);
  return place;
}

/** A selection belongs to its recording: opening another one clears it. */
function forgetWithRecording(): void {
  let known: string | null | undefined;
  $effect(() => {
    if (recording.app === null) return;
    const id = recording.current?.recording_id ?? null;
    untrack(() => {
      const first = known === undefined;
      if (!first && id !== known) {
        playhead.pause();
        playhead.moveTo(null);
        playhead.settle();
        selection.clear();
        comparison.clear();
        if (customersView.network !== null) customersView.leave();
      }
      known = id;
    });
  });
  $effect(() => {
    const whole = recording.range;
    const range = selection.range;
    if (whole === null || range === null || recording.importing) return;
    if (range.to_us < whole.from_us || range.from_us > whole.to_us) untrack(() => selection.setRange(null));
  });
}

function here(): Place {
  return {
    pane: pane.current,
    range: selection.range,
    atUs: playhead.placed,
    filter: selection.filter,
    inspected: selection.inspected,
    exchangeId: selection.exchangeId,
    flowId: selection.flowId,
    sourceId: selection.sourceId,
    compared: comparison.choice,
    sequence: selection.sequence,
    stage: selection.stage,
    whisperer: whispererView.place,
    checks: checksView.place,
    probes: probesView.place,
    alerts: alertsView.place,
    customers: customersView.place,
  };
}

function apply(place: Place): void {
  pane.show(place.pane);
  selection.setRange(place.range);
  selection.filter = place.filter;
  selection.inspected = place.inspected;
  selection.exchangeId = place.exchangeId;
  selection.flowId = place.flowId;
  selection.sourceId = place.sourceId;
  comparison.choice = place.compared;
  selection.sequence = place.sequence;
  selection.stage = place.stage;
  whispererView.place = place.whisperer;
  checksView.place = place.checks;
  probesView.place = place.probes;
  alertsView.place = place.alerts;
  customersView.place = place.customers;
  playhead.moveTo(place.atUs);
  playhead.settle();
}
