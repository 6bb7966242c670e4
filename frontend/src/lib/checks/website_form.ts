// The form of a website.

import type { CheckRun, WebsiteDraft } from "../backend";
import type { EntryKind } from "../form/entry_form.svelte";

export const WEBSITE: EntryKind<WebsiteDraft, CheckRun> = {
  part: "website",
  draft: (website, original) => ({ website, ...(original === undefined ? {} : { original }) }),
  schema: (host) => host.websiteSchema(),
  check: (host, draft, options) => host.websiteCheck(draft, options),
  save: (host, draft) => host.websiteSave(draft),
  test: (host, draft, options) => host.websiteTest(draft, options),
};
