import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { ExchangeDetail, ExchangeRow, Header } from "../backend";
import { asCurl, hasHiddenParts, shellQuote } from "./curl";

const row = (changes: Partial<ExchangeRow> = {}): ExchangeRow => ({
  exchange_id: 1,
  flow_id: 1,
  started_us: 0,
  client_service: "order",
  server_service: "payment",
  client_ip: "10.20.3.14",
  client_port: 43712,
  server_ip: "10.20.4.7",
  server_port: 8080,
  protocol: "http/1.1",
  method: "POST",
  host: "payment:8080",
  target: "/v1/charges?dry=1",
  path: "/v1/charges",
  status: 504,
  ttfb_us: 5_000_000,
  duration_us: 5_001_000,
  request_body_bytes: 10,
  response_body_bytes: 178,
  content_type: "application/json",
  user_agent: null,
  origin_ip: null,
  identity: null,
  identity_kind: null,
  trace_id: null,
  grpc_status: null,
  request_messages: null,
  response_messages: null,
  complete: true,
  error: null,
  ...changes,
});
const detail = (headers: Header[] = [], changes: Partial<ExchangeRow> = {}): ExchangeDetail => ({
  row: row(changes),
  request_headers: headers,
  response_headers: [],
  request_content_encoding: null,
  response_content_encoding: null,
  response_us: null,
  finished_us: 0,
  flow: null,
});
/** What a shell makes of the command, one argument per entry. */
const parsed = (command: string): string[] =>
  execFileSync("sh", ["-c", `curl() { printf '%s\\0' "$@"; }\n${command}`], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);

describe("shellQuote", () => {
  it("gives the shell back exactly what went in", () => {
    for (const text of [
      "",
      "plain",
      "it's",
      `"$(touch x)" \`id\` $HOME !! \\ * ~`,
      "two\nlines",
      "ünïcode",
      "'",
      "-n",
    ]) {
      expect(execFileSync("sh", ["-c", `printf '%s' ${shellQuote(text)}`], { encoding: "utf8" })).toBe(text);
    }
  });
});

describe("asCurl", () => {
  it("names method, address, headers and body", () => {
    const command = asCurl(
      detail([
        { name: "Host", value: "payment:8080" },
        { name: "content-type", value: "application/json" },
      ]),
      `{"a":"it's"}`,
    );
    expect(parsed(command)).toEqual([
      "--request",
      "POST",
      "http://10.20.4.7:8080/v1/charges?dry=1",
      "--header",
      "host: payment:8080",
      "--header",
      "content-type: application/json",
      "--data-raw",
      `{"a":"it's"}`,
    ]);
  });

  it("cannot be made to run what a header says", () => {
    const evil = `x'; touch /tmp/owned; echo '$(id)`;
    expect(parsed(asCurl(detail([{ name: "x-evil", value: evil }]), null))).toContain(`x-evil: ${evil}`);
  });

  it("keeps hidden secrets hidden and says so", () => {
    const secret = detail([{ name: "authorization", value: "Bearer <hidden>" }]);
    expect(hasHiddenParts(secret)).toBe(true);
    expect(asCurl(secret, null)).toContain("'authorization: Bearer <hidden>'");
    expect(hasHiddenParts(detail())).toBe(false);
  });

  it("leaves out what curl makes itself", () => {
    const command = asCurl(
      detail([
        { name: "Content-Length", value: "10" },
        { name: "Connection", value: "close" },
      ]),
      null,
    );
    expect(command).not.toMatch(/content-length|connection/i);
  });

  it("handles IPv6, HEAD, absolute targets, dot segments and empty headers", () => {
    expect(asCurl(detail([], { server_ip: "2001:db8::1", method: "GET", server_port: 80, target: "/" }), null)).toBe(
      "curl \\\n  'http://[2001:db8::1]/'",
    );
    expect(asCurl(detail([], { method: "HEAD" }), null)).toContain("--head");
    expect(asCurl(detail([], { target: "http://a.test/x" }), null)).toContain("http://a.test/x");
    expect(asCurl(detail([], { target: "/a/../b" }), null)).toContain("--path-as-is");
    expect(parsed(asCurl(detail([{ name: "x-empty", value: "" }]), null))).toContain("x-empty;");
  });
});
