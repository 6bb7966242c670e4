// The browser's host: `wirereel serve`, over HTTP on the page's own origin.

import type { Connection, DragPhase, PcapChoice, PushListener, UploadProgress } from "./backend";
import { CommandBackend } from "./command_backend";
import { ApiError } from "./error";
import { pickFiles, saveAsDownload, startDownload } from "./page_files";
import { Session } from "./session";
import type { Tick } from "./types";
import { upload } from "./upload";

/** Commands as `POST /api/<name>`, pushes as server-sent events. */
export class HttpBackend extends CommandBackend {
  override readonly host = "browser";
  readonly #session = new Session();

  protected override async send(
    name: string,
    args: object,
    lane: string | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    await this.#session.ready;
    const headers: Record<string, string> = { "Content-Type": "application/json", ...this.#session.headers };
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
    const files = await pickFiles();
    if (files.length === 0) return false;
    await this.openDropped(files, progress);
    return true;
  }

  override async openDropped(files: File[], progress: (upload: UploadProgress | null) => void): Promise<void> {
    await this.#session.ready;
    try {
      for (const file of files) {
        const sent = (sentBytes: number): void => progress({ name: file.name, sentBytes, totalBytes: file.size });
        await upload(file, this.#session.headers, sent);
      }
    } catch (thrown) {
      throw ApiError.from(thrown);
    } finally {
      progress(null);
    }
  }

  override async exportPcap(choice: PcapChoice): Promise<null> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(choice)) {
      query.set(key, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    startDownload(`/export/pcap?${query}`);
    return null;
  }

  override async saveFile(name: string, content: Blob): Promise<null> {
    saveAsDownload(name, content);
    return null;
  }

  override listen(listener: PushListener): () => void {
    let source: EventSource | null = null;
    let ended = false;
    const report = (state: Connection): void => {
      if (!ended) listener.connection(state);
    };
    report("connecting");
    void this.#session.ready.then(() => {
      if (ended) return;
      source = new EventSource("/api/ticks");
      source.addEventListener("open", () => report("open"));
      source.addEventListener("tick", (event) =>
        listener.tick(JSON.parse((event as MessageEvent<string>).data) as Tick),
      );
      // The browser tries again by itself unless the host said no.
      source.addEventListener("error", () => report(source?.readyState === EventSource.CLOSED ? "refused" : "lost"));
    });
    return () => {
      ended = true;
      source?.close();
    };
  }

  override onDrag(_listener: (phase: DragPhase) => void): () => void {
    // In a browser the page itself sees the drag events.
    return () => undefined;
  }
}

/** The value of an answer, or its `ApiError` thrown. */
async function answerOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  let value: unknown = null;
  try {
    value = text === "" ? null : JSON.parse(text);
  } catch {
    throw new ApiError("internal", `Wirereel answered ${answer.status} with something that is not JSON.`, text);
  }
  if (answer.ok) return value;
  const error = ApiError.from(value);
  throw error.code === "internal" && error.message === String(value)
    ? new ApiError("internal", `Wirereel answered ${answer.status} ${answer.statusText}.`, text)
    : error;
}
