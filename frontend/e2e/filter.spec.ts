import { expect, openSample, test } from "./host";

test.beforeEach(async ({ app }) => {
  await openSample(app);
});

test("slash focuses the filter, Enter applies it, every pane follows", async ({ app }) => {
  await app.keyboard.press("/");
  const filter = app.getByRole("combobox", { name: "Filter" });
  await expect(filter).toBeFocused();
  await filter.fill("status:>=500");
  await app.keyboard.press("Enter");
  await expect(app).toHaveURL(/filter=status/);
  await expect(app.getByText(/^[\d,]+ matches of [\d,]+$/)).toBeVisible();
  await expect(app.getByText("Matches", { exact: true })).toBeVisible();
  await app.getByRole("button", { name: "Clear the filter" }).first().click();
  await expect(app).not.toHaveURL(/filter=/);
});

test("a wrong filter points at the place and is not applied", async ({ app }) => {
  const filter = app.getByRole("combobox", { name: "Filter" });
  await filter.fill("no_such_field:x");
  await app.keyboard.press("Enter");
  await expect(app.locator("#filter-reason")).toBeVisible();
  await expect(filter).toHaveAttribute("aria-invalid", "true");
  await expect(app.locator(".query .bad")).toHaveCount(1);
  await expect(app).not.toHaveURL(/filter=/);
});

test("fields and values are completed with the keyboard", async ({ app }) => {
  const filter = app.getByRole("combobox", { name: "Filter" });
  await filter.click();
  await filter.pressSequentially("stat", { delay: 20 });
  const suggestions = app.getByRole("listbox", { name: "Suggestions" }).getByRole("option");
  await expect(suggestions.first()).toBeVisible();
  await app.keyboard.press("ArrowDown");
  await expect(suggestions.first()).toHaveAttribute("aria-selected", "true");
  await app.keyboard.press("Enter");
  await expect(filter).toHaveValue(/^status:?/);
  await app.keyboard.press("Escape");
  await expect(suggestions).toHaveCount(0);
});
