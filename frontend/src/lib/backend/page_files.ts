// Files in and out of a browser page.

/** Opens the browser's file chooser. Null when it was closed without a choice. */
export function pickFile(): Promise<File | null> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".pcap,.pcapng,.cap,.gz,.zst";
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null));
    input.addEventListener("cancel", () => resolve(null));
    input.click();
  });
}

/** Downloads what the host serves at `path`. */
export function startDownload(path: string, name = ""): void {
  const link = document.createElement("a");
  link.href = path;
  link.download = name;
  link.click();
}

/** Downloads something made in the page. */
export function saveAsDownload(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  startDownload(address, name);
  // The download has its own reference once the click was handled.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
