// Copying a link to what is selected.

import { copyText } from "../components/clipboard";
import { messages } from "../state";
import { linkHere } from "../state/link";

export async function copyLink(): Promise<void> {
  const copied = await copyText(linkHere());
  if (copied) messages.show("The link is copied. Pasted into the filter box, it shows this selection again.");
  else messages.show("The clipboard cannot be used from here.", "error");
}
