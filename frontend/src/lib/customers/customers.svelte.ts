// What the Customers pane asks: a page of rows with the totals of the selection, and a curve over what the reel shows.

import { pull, type CustomerRow, type Customers, type CustomersQuestion, type Pulled } from "../backend";
import type { CustomerSort } from "../backend";
import { Rows } from "../grid";
import type { PageSpan } from "../grid/rows.svelte";
import { reel } from "../reel/reel.svelte";
import { Scale } from "../reel/scale";
import { customersView, recording, selection } from "../state";
import { inParts } from "../watched/pages";
import { startsDescending } from "./columns";
import { curveSpan } from "./curve";
import { naming } from "./naming.svelte";

const SETTLE_MS = 70;

/** An answer and the recording it is of. */
interface Told {
  recordingId: string;
  customers: Customers;
}

export class CustomersModel {
  search = $state("");
  sort = $state<CustomerSort>("requests");
  descending = $state(true);
  readonly rows: Rows<CustomerRow>;

  readonly #curve: Pulled<Told>;
  #told = $state.raw<Told | null>(null);

  /** Call it while the pane is being made. */
  constructor() {
    this.rows = new Rows<CustomerRow>({
      lane: "customers",
      listing: () => {
        const open = recording.current;
        if (open === null) return null;
        const question = this.#question();
        const recordingId = open.recording_id;
        return {
          of: recordingId,
          question,
          read: (host, page, options) =>
            inParts(page, async (part: PageSpan) => {
              const customers = await host.customers({ ...question, ...part, points: 0 }, options);
              this.#told = { recordingId, customers };
              return customers;
            }),
        };
      },
    });
    this.#curve = pull<CustomersQuestion & { recordingId: string }, Told>({
      lane: "customers-curve",
      settleMs: SETTLE_MS,
      question: () => this.#curveQuestion(),
      generation: () => recording.generation + naming.revision,
      ask: async (host, { recordingId, ...question }, options) => ({
        recordingId,
        customers: await host.customers(question, options),
      }),
    });
    let seen = naming.revision;
    $effect(() => {
      if (naming.revision === seen) return;
      seen = naming.revision;
      this.rows.again();
    });
  }

  /** Totals of the selection, whatever the search; null until they are known. */
  readonly totals = $derived.by((): Customers | null => ofThis(this.#told));

  /** The curve over what the reel shows; null until it is known. */
  readonly curve = $derived.by((): Customers | null => ofThis(this.#curve.value));

  get curveError() {
    return this.#curve.error;
  }

  get slow(): boolean {
    return this.rows.slow || this.#curve.slow;
  }

  again(): void {
    this.rows.again();
    this.#curve.again();
  }

  /** Sorts by a column, the other way round when it is sorted by it already. */
  readonly sortBy = (column: string): void => {
    const sort = column as CustomerSort;
    this.descending = sort === this.sort ? !this.descending : startsDescending(sort);
    this.sort = sort;
  };

  /** Lists the addresses of a network. */
  enter(network: string): void {
    this.search = "";
    customersView.enter(network);
  }

  #question() {
    const { by, network } = customersView;
    const search = this.search.trim();
    return {
      scope: selection.scope,
      by,
      ...(network === null ? {} : { network }),
      ...(search === "" ? {} : { search }),
      sort: this.sort,
      descending: this.descending,
    };
  }

  #curveQuestion(): (CustomersQuestion & { recordingId: string }) | null {
    const open = recording.current;
    const [whole, view] = [recording.range, reel.view];
    if (open === null || whole === null || view === null) return null;
    const asked = curveSpan(new Scale(view, reel.width), whole);
    if (asked === null) return null;
    const { network } = customersView;
    return {
      recordingId: open.recording_id,
      scope: { range: asked.range, filter: selection.filter },
      by: "network",
      ...(network === null ? {} : { network }),
      sort: "name",
      descending: false,
      offset: 0,
      limit: 0,
      points: asked.points,
    };
  }
}

function ofThis(told: Told | null): Customers | null {
  return told !== null && told.recordingId === recording.current?.recording_id ? told.customers : null;
}
