// Controls and small parts that every pane uses. `Popover`, `Menu` and `Tooltip` wrap bits-ui.

export { default as Badge } from "./Badge.svelte";
export { default as Button } from "./Button.svelte";
export { default as Chip } from "./Chip.svelte";
export { default as EmptyState } from "./EmptyState.svelte";
export { default as ErrorNote } from "./ErrorNote.svelte";
export { default as Facts } from "./Facts.svelte";
export type { Fact } from "./facts";
export { default as Icon } from "./Icon.svelte";
export type { IconName } from "./icons";
export { default as IconSprite } from "./IconSprite.svelte";
export { default as KeyHint } from "./KeyHint.svelte";
export { default as Menu } from "./Menu.svelte";
export type { MenuEntry } from "./menu";
export { notices, type Notice } from "./notice";
export { default as Notices } from "./Notices.svelte";
export { default as Popover } from "./Popover.svelte";
export { default as SearchField } from "./SearchField.svelte";
export { default as Segmented } from "./Segmented.svelte";
export { default as SmallDialog } from "./SmallDialog.svelte";
export { default as Spinner } from "./Spinner.svelte";
export { default as Tabs } from "./Tabs.svelte";
export { default as Tooltip } from "./Tooltip.svelte";
