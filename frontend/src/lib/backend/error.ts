// The one error type that panes see.

import type { ApiErrorBody, ErrorCode } from "./types";

/** An error as every host gives it. Match `code`, never `message`. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  /** More for a program or an expert, or empty. For `bad_filter` a `FilterProblem` as JSON. */
  readonly detail: string;

  constructor(code: ErrorCode, message: string, detail = "") {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.detail = detail;
  }

  /** Makes an `ApiError` of anything that was thrown or sent. */
  static from(thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    if (isBody(thrown)) return new ApiError(thrown.code, thrown.message, thrown.detail);
    if (thrown instanceof DOMException && thrown.name === "AbortError") {
      return new ApiError("superseded", "A newer question took this one's place.");
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ApiError("internal", message);
  }

  /** True when nobody waits for the answer any more, so that there is nothing to show. */
  get moot(): boolean {
    return this.code === "superseded" || this.code === "cancelled";
  }
}

function isBody(value: unknown): value is ApiErrorBody {
  if (typeof value !== "object" || value === null) return false;
  const body = value as Partial<ApiErrorBody>;
  return typeof body.code === "string" && typeof body.message === "string";
}
