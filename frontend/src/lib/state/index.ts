// The few stores that the whole page shares, named by the product's words.
//
// A pane takes no props: it reads these stores, pulls what it shows with `pull` from ../backend, and writes back to the
// same selection. All fields are reactive (Svelte runes).
//
// | store       | read                                                        | write                                      |
// |-------------|-------------------------------------------------------------|--------------------------------------------|
// | `recording` | `current`, `range`, `generation`, `importing`, `import`     | `openSample()`, `chooseFiles()`, ...       |
// | `selection` | `scope` (= `range` + `filter`), `inspected`, `exchangeId`,  | `setRange()`, `filter =`, `addToFilter()`, `inspected =`, `exchangeId =`, |
// |             | `flowId`, `sourceId`, `stage`, `sequence`                   | `flowId =`, `sourceId =`, `stage =`, `sequence =` |
// | `playhead`  | `at` (every frame), `settledAt` (pull with it), `moving`, `live` | `moveTo(us)`, `play()`, `pause()`, `goLive()` |
// | `moment`    | `state`: the graph at the playhead while it moves, else null |                                           |
// | `tally`     | `requests`, `errors`, `matches` of the selection            |                                            |
// | `comparison`| `services`, `metric`, `before`, `below`: the Compare pane's | the same                                   |
// | `checksView` | `website`, `tab`, `failing`                                 | the same                                   |
// | `probesView` | `probe`, `list`, `tab`, `failing`, `runUs`                  | the same                                   |
// | `customersView` | `tab`, `by`, `network`                              | the same, `enter(network)`, `leave()`      |
// | `watched`   | `at`, `span`: the time of websites and probes               | `choose(span)`, `clear()`                  |
// | `alertsView` | `id`, `list`                                               | the same, `look(id)`                       |
// | `whispererView` | `id`, `tab`                                             | the same, `fix(id)`                        |
// | `pane`      | `current`                                                   | `show("exchanges")`, `goBack()`            |
// | `times`     | `zone`, `zoneName`, `origin`: `clock()` follows them        | `zone =`, `origin =`                       |
// | `theme`     | `name`: canvases read their colours again when it changes   | `toggle()`                                 |
// | `messages`  |                                                             | `show(text)`, `showError(e)`, `say(text)`  |
// | `bookmarks` | `list`                                                      | `add()`, `remove()`                        |
//
// A pull that follows the selection:
//
//     const graph = pull({
//       lane: "topology",
//       question: () => (recording.range === null ? null : selection.scope),
//       generation: () => recording.generation,
//       ask: (host, scope, options) => host.topology(scope, options),
//     });
//     // graph.value, graph.error, graph.slow (show a skeleton), graph.pending
//
// What the user arranged (columns, heights) is a `Remembered` of ./settings.svelte.

export { alertsView, type AlertList } from "./alerts_view.svelte";
export { bookmarks } from "./bookmarks.svelte";
export { checksView, type CheckTab } from "./checks_view.svelte";
export { comparison, METRICS, MOST_SERVICES, type Compared } from "./comparison.svelte";
export { customersView, type CustomersTab } from "./customers_view.svelte";
export { messages, type Toast } from "./messages.svelte";
export { moment } from "./moment.svelte";
export { pane, PANES, type PaneId } from "./pane.svelte";
export { playhead, SPEEDS, type Speed } from "./playhead.svelte";
export { probesView, type ProbeList, type ProbeTab } from "./probes_view.svelte";
export { recording } from "./recording.svelte";
export { selection, type Inspected } from "./selection.svelte";
export { listOfWords, numberWithin, oneOf, Remembered } from "./settings.svelte";
export { tally } from "./tally.svelte";
export { theme, type ThemeName } from "./theme.svelte";
export { LOCAL_ZONE, times, type Origin } from "./times.svelte";
export { watched } from "./watched.svelte";
export { whispererView, type WhispererPlace, type WhispererTab } from "./whisperer_view.svelte";
