import { describe, expect, it } from "vitest";
import type { TlsFacts } from "../backend";
import { certificateFacts, handshakeFacts, validity } from "./tls";

const DAY = 86_400e6;
const hello: TlsFacts = {
  sni: "pay.example",
  alpn: null,
  version: "TLS 1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  ja4: null,
  certificate_subject: null,
  certificate_issuer: null,
  certificate_names: [],
  certificate_not_before_us: null,
  certificate_not_after_us: null,
};

describe("a certificate", () => {
  it("is judged at the time of the flow", () => {
    expect(validity(0, 100 * DAY, 10 * DAY)).toEqual({
      text: "valid, 90 days left at the time of this flow",
      tone: "ok",
    });
    expect(validity(0, 100 * DAY, 99 * DAY)).toEqual({ text: "expires soon: 1 day after this flow", tone: "warn" });
    expect(validity(0, 100 * DAY, 103 * DAY)).toEqual({ text: "expired 3 days before this flow", tone: "err" });
    expect(validity(5 * DAY, 100 * DAY, 3 * DAY)).toEqual({
      text: "not yet valid, began 2 days after this flow",
      tone: "err",
    });
    expect(validity(null, null, 0)).toEqual({ text: "unknown" });
  });

  it("that was not sent in clear is none", () => {
    expect(certificateFacts(hello, 0)).toBeNull();
    expect(certificateFacts({ ...hello, certificate_subject: "CN=pay.example" }, 0)?.[0]?.text).toBe("CN=pay.example");
  });
});

describe("a handshake", () => {
  it("says what was not agreed on", () => {
    expect(handshakeFacts(hello).map(({ text }) => text)).toEqual([
      "pay.example",
      "none agreed",
      "TLS 1.3",
      "TLS_AES_128_GCM_SHA256",
      "unknown",
    ]);
  });
});
