// The desktop window's host: commands through Tauri's `invoke`, pushes as its events.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import type { DragPhase, PushListener } from "./backend";
import { CommandBackend, type ExportName } from "./command_backend";
import type { Tick } from "./types";

/** True inside the desktop window. */
export function insideTauri(): boolean {
  return "__TAURI_INTERNALS__" in window;
}

/** Commands as `invoke(name, { args, lane })`. */
export class TauriBackend extends CommandBackend {
  override readonly host = "window";

  protected override send(name: string, args: object, lane: string | undefined): Promise<unknown> {
    return invoke(name, lane === undefined ? { args } : { args, lane });
  }

  override async chooseFiles(): Promise<boolean> {
    const chosen = await this.ask<{ opened: boolean }>("choose_files", {});
    return chosen.opened;
  }

  override async openDropped(): Promise<void> {
    // The host sees the drop with the files' paths and opens them.
  }

  protected override async export(name: ExportName, choice: object): Promise<string | null> {
    const done = await this.ask<{ saved: string | null }>(name, choice);
    return done.saved;
  }

  override async saveFile(name: string, content: Blob): Promise<string | null> {
    const done = await this.ask<{ saved: string | null }>("save_file", { name, base64: await base64Of(content) });
    return done.saved;
  }

  override listen(listener: PushListener): () => void {
    listener.connection("connecting");
    const ending = listen<Tick>("tick", (event) => listener.tick(event.payload));
    void ending.then(
      () => listener.connection("open"),
      () => listener.connection("refused"),
    );
    return () => void ending.then((end) => end());
  }

  override onDrag(listener: (phase: DragPhase) => void): () => void {
    const ending = getCurrentWebview().onDragDropEvent(({ payload }) => {
      if (payload.type === "drop") listener("dropped");
      else listener(payload.type === "leave" ? "left" : "over");
    });
    return () => void ending.then((end) => end());
  }
}

function base64Of(content: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^data:[^,]*,/, "")));
    reader.addEventListener("error", () => reject(reader.error ?? new Error("The content could not be read.")));
    reader.readAsDataURL(content);
  });
}
