// An exchange's request as a curl command for a POSIX shell.

import type { ExchangeDetail } from "../backend";

/** What stands in place of a secret in recorded headers and targets. */
export const HIDDEN = "<hidden>";

/** Headers that curl makes itself, or that would contradict what it sends. */
const OWN_HEADERS = new Set(["host", "content-length", "transfer-encoding", "connection", "expect"]);

/** Quotes one argument: nothing inside it can end the quotes, expand or run. */
export function shellQuote(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The command. `body` is the request's body as text, when it is known and text. Hidden secrets stay `<hidden>`: the command
 * then needs the reader's own.
 */
export function asCurl(detail: ExchangeDetail, body: string | null): string {
  const { row } = detail;
  const method = row.method ?? "GET";
  const parts = ["curl"];
  if (method === "HEAD") parts.push("--head");
  else if (method !== "GET" || body !== null) parts.push(`--request ${shellQuote(method)}`);
  parts.push(shellQuote(address(detail)));
  if (row.protocol === "http/1.0") parts.push("--http1.0");
  // A target such as /a/../b must leave as it was recorded.
  if (/\/\.\.?(\/|$|\?)/.test(row.target ?? "")) parts.push("--path-as-is");

  const host = detail.request_headers.find((header) => header.name.toLowerCase() === "host");
  if (host && host.value !== authority(detail)) parts.push(`--header ${shellQuote(`host: ${host.value}`)}`);
  for (const { name, value } of detail.request_headers) {
    if (OWN_HEADERS.has(name.toLowerCase())) continue;
    // "name:" would make curl drop the header; "name;" sends it empty.
    parts.push(`--header ${shellQuote(value === "" ? `${name};` : `${name}: ${value}`)}`);
  }
  if (acceptsCompression(detail)) parts.push("--compressed");
  if (body !== null && body !== "") parts.push(`--data-raw ${shellQuote(body)}`);
  return parts.join(" \\\n  ");
}

/** True when the command needs a secret that was not recorded. */
export function hasHiddenParts(detail: ExchangeDetail): boolean {
  return (
    (detail.row.target ?? "").includes(HIDDEN) || detail.request_headers.some((header) => header.value.includes(HIDDEN))
  );
}

function authority({ row }: ExchangeDetail): string {
  const ip = row.server_ip.includes(":") ? `[${row.server_ip}]` : row.server_ip;
  return row.server_port === 80 ? ip : `${ip}:${row.server_port}`;
}

function address(detail: ExchangeDetail): string {
  const target = detail.row.target ?? detail.row.path ?? "/";
  if (/^https?:\/\//i.test(target)) return target;
  return `http://${authority(detail)}${target.startsWith("/") ? target : "/"}`;
}

function acceptsCompression({ request_headers }: ExchangeDetail): boolean {
  return request_headers.some(({ name, value }) => name.toLowerCase() === "accept-encoding" && value.includes("gzip"));
}
