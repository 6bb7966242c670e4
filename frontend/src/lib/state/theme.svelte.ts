// Dark or light.

import { oneOf, Remembered } from "./settings.svelte";

export type ThemeName = "dark" | "light";

class Theme {
  readonly #remembered = new Remembered<ThemeName>("theme", "dark", oneOf("dark", "light"));

  /** The theme in force. Canvases read colours from it again when it changes. */
  get name(): ThemeName {
    return this.#remembered.value;
  }

  toggle(): void {
    this.#remembered.value = this.name === "dark" ? "light" : "dark";
    this.apply();
  }

  /** Tells the style sheets. */
  apply(): void {
    document.documentElement.dataset["theme"] = this.name;
  }

  async load(): Promise<void> {
    await this.#remembered.load();
    this.apply();
  }
}

export const theme = new Theme();
