// Sending a capture to the web host. XMLHttpRequest, because `fetch` does not tell how much was sent.

import { ApiError } from "./error";

/** Sends `file`; `sent` is told the bytes so far. Rejects with an `ApiError`. */
export function upload(file: File, sent: (bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/upload?name=${encodeURIComponent(file.name)}`);
    request.upload.addEventListener("progress", (event) => sent(event.loaded));
    request.addEventListener("load", () => {
      if (request.status < 400) resolve();
      else reject(refusal(request, file.name));
    });
    request.addEventListener("error", () => {
      reject(new ApiError("internal", `Sending ${file.name} broke off. Is Wirereel still running?`));
    });
    sent(0);
    request.send(file);
  });
}

function refusal(request: XMLHttpRequest, name: string): ApiError {
  try {
    return ApiError.from(JSON.parse(request.responseText));
  } catch {
    return new ApiError("internal", `${name} was refused with ${request.status} ${request.statusText}.`);
  }
}
