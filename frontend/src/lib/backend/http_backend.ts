// The browser's host: `wirereel serve`, over HTTP on the page's own origin.

import type { PushListener, UploadProgress } from "./backend";
import { CommandBackend, type ExportName } from "./command_backend";
import { ApiError } from "./error";
import { pickFile, saveAsDownload, startDownload } from "./page_files";
import type { Tick } from "./types";
import { upload } from "./upload";

/** Commands as `POST /api/<name>`, pushes as server-sent events. */
export class HttpBackend extends CommandBackend {
  override readonly host = "browser";

  protected override async send(
    name: string,
    args: object,
    lane: string | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (lane !== undefined) headers["X-Wirereel-Lane"] = lane;
    const init: RequestInit = {
      method: "POST",
      headers,
      body: JSON.stringify(args),
      signal,
      credentials: "same-origin",
    };
    const answer = await fetch(`/api/${name}`, init).catch((thrown: unknown) => {
      if (signal.aborted) throw thrown;
      throw new ApiError("internal", "Wirereel does not answer. Is `wirereel serve` still running?", String(thrown));
    });
    return answerOf(answer);
  }

  override async chooseFiles(progress: (upload: UploadProgress | null) => void): Promise<boolean> {
    const file = await pickFile();
    if (file === null) return false;
    await this.#send(file, progress);
    return true;
  }

  override async openDropped(files: File[], progress: (upload: UploadProgress | null) => void): Promise<void> {
    const [file, another] = files;
    if (another !== undefined) {
      throw new ApiError(
        "unsupported",
        "This page opens one file at a time; the desktop window merges several by time.",
      );
    }
    if (file !== undefined) await this.#send(file, progress);
  }

  async #send(file: File, progress: (upload: UploadProgress | null) => void): Promise<void> {
    try {
      await upload(file, (sentBytes) => progress({ name: file.name, sentBytes, totalBytes: file.size }));
    } finally {
      progress(null);
    }
  }

  protected override async export(name: ExportName, choice: object): Promise<null> {
    startDownload(exportAddress(name, choice));
    return null;
  }

  override async saveFile(name: string, content: Blob): Promise<null> {
    saveAsDownload(name, content);
    return null;
  }

  override listen(listener: PushListener): () => void {
    listener.connection("connecting");
    const source = new EventSource("/api/ticks");
    source.addEventListener("open", () => listener.connection("open"));
    source.addEventListener("tick", (event) => listener.tick(JSON.parse((event as MessageEvent<string>).data) as Tick));
    // The browser tries again by itself unless the host said no.
    source.addEventListener("error", () => {
      listener.connection(source.readyState === EventSource.CLOSED ? "refused" : "lost");
    });
    return () => source.close();
  }

  override onDrag(): () => void {
    // In a browser the page itself sees the drag events.
    return () => undefined;
  }
}

const EXPORT_PATHS: Record<ExportName, string> = {
  export_pcap: "/export/pcap",
  export_rows: "/export/rows",
  save_body: "/export/body",
};

/** Where an export is downloaded from: the command's arguments as query, objects among them as JSON. */
export function exportAddress(name: ExportName, choice: object): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(choice)) {
    query.set(key, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return `${EXPORT_PATHS[name]}?${query}`;
}

/** The value of an answer, or its `ApiError` thrown. Refusals before any command ran are plain text. */
async function answerOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  const value = parsed(text);
  if (answer.ok) return value;
  if (value !== null) throw ApiError.from(value);
  throw new ApiError("internal", text.trim() || `Wirereel answered ${answer.status} ${answer.statusText}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
