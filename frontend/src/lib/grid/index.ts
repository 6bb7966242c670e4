// The grid that panes list their rows in: read page by page, sorted by the host, columns as the user arranged them.

export { ColumnArrangement } from "./arrangement.svelte";
export type { Column } from "./column";
export { default as ColumnChooser } from "./ColumnChooser.svelte";
export { default as DurationCell } from "./DurationCell.svelte";
export { default as Grid } from "./Grid.svelte";
export { default as GridPane } from "./GridPane.svelte";
export { default as NothingListed } from "./NothingListed.svelte";
export { ADDRESS_COLUMNS, SERVICE_COLUMNS } from "./peer_columns";
export { Rows, type Listing } from "./rows.svelte";
export { ScopedList } from "./scoped_list.svelte";
export { default as ScopedPane } from "./ScopedPane.svelte";
export type { RowSpan } from "./scroll_window";
export { listSummary } from "./summary";
export { default as VirtualLines } from "./VirtualLines.svelte";
