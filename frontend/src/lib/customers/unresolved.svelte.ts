// Addresses that nobody could name, page by page.

import type { UnresolvedPage, UnresolvedRow, UnresolvedSort } from "../backend";
import { Rows } from "../grid";
import { recording, selection } from "../state";
import { inParts } from "../watched/pages";
import { startsDescending } from "./columns";
import { naming } from "./naming.svelte";

interface Told {
  recordingId: string;
  page: UnresolvedPage;
}

export class UnresolvedModel {
  search = $state("");
  sort = $state<UnresolvedSort>("flows");
  descending = $state(true);
  readonly rows: Rows<UnresolvedRow>;

  #told = $state.raw<Told | null>(null);

  /** Call it while the pane is being made. */
  constructor() {
    this.rows = new Rows<UnresolvedRow>({
      lane: "unresolved-rows",
      listing: () => {
        const open = recording.current;
        if (open === null) return null;
        const search = this.search.trim();
        const question = {
          scope: selection.scope,
          ...(search === "" ? {} : { search }),
          sort: this.sort,
          descending: this.descending,
        };
        const recordingId = open.recording_id;
        return {
          of: recordingId,
          question,
          read: (host, page, options) =>
            inParts(page, async (part) => {
              const found = await host.unresolved({ ...question, ...part }, options);
              this.#told = { recordingId, page: found };
              return { total: found.matching, rows: found.rows };
            }),
        };
      },
    });
    let seen = naming.revision;
    $effect(() => {
      if (naming.revision === seen) return;
      seen = naming.revision;
      this.rows.again();
    });
  }

  /** How many there are in the selection, whatever the search; null until known. */
  readonly total = $derived.by((): number | null =>
    this.#told?.recordingId === recording.current?.recording_id ? (this.#told?.page.total ?? null) : null,
  );

  readonly sortBy = (column: string): void => {
    const sort = column as UnresolvedSort;
    this.descending = sort === this.sort ? !this.descending : startsDescending(sort);
    this.sort = sort;
  };
}
