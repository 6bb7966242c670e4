// Marked instants of the open recording.

import { ApiError, backend, type Bookmark } from "../backend";
import { messages } from "./messages.svelte";

class Bookmarks {
  list = $state.raw<Bookmark[]>([]);

  async load(): Promise<void> {
    try {
      this.list = await backend().bookmarks();
    } catch (thrown) {
      this.list = [];
      const met = ApiError.from(thrown);
      if (met.code !== "nothing_open") messages.showError(met);
    }
  }

  async add(atUs: number, note: string): Promise<void> {
    await this.#change(() => backend().addBookmark(atUs, note));
  }

  /** Gives a bookmark another note. */
  async rename({ id, at_us }: Bookmark, note: string): Promise<void> {
    await this.#change(async () => {
      await backend().addBookmark(at_us, note);
      await backend().removeBookmark(id);
    });
  }

  async remove(id: number): Promise<void> {
    await this.#change(() => backend().removeBookmark(id));
  }

  async #change(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      messages.showError(ApiError.from(thrown));
    }
    await this.load();
  }
}

export const bookmarks = new Bookmarks();
