import { describe, expect, it } from "vitest";
import { byteRate, bytes, count, counted, latency, rate, share, shortCount } from "./index";

describe("figures", () => {
  it("have commas for thousands", () => expect(count(585_180)).toBe("585,180"));
  it("agree in number with their noun", () => {
    expect(counted(1, "service")).toBe("1 service");
    expect(counted(0, "service")).toBe("0 services");
    expect(counted(1204, "address", "addresses")).toBe("1,204 addresses");
  });
  it.each([
    [9_999, "9,999"],
    [41_600, "41.6 k"],
    [999_499, "999 k"],
    [999_500, "1.0 M"],
    [41_600_000, "41.6 M"],
    [18_200_000_000, "18.2 G"],
  ])("%d is shortened to %s", (n, text) => expect(shortCount(n)).toBe(text));

  it.each([
    [26.44, "26.4 req/s"],
    [0, "0 req/s"],
    [0.25, "0.25 req/s"],
    [0.034, "0.03 req/s"],
    [0.0002, "<0.001 req/s"],
    [1204.4, "1,204 req/s"],
  ])("a rate of %d is %s", (perSecond, text) => expect(rate(perSecond)).toBe(text));

  it.each([
    [0.316, "31.6%"],
    [0, "0%"],
    [1, "100%"],
    [0.0001, "<0.1%"],
    [0.99999, ">99.9%"],
    [0.024, "2.4%"],
  ])("a share of %d is %s", (part, text) => expect(share(part)).toBe(text));

  it.each([
    [0, "0 B"],
    [702, "702 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9_600_000, "9.6 MB"],
    [412_000_000, "412 MB"],
    [999_950, "1.0 MB"],
  ])("%d bytes are %s", (n, text) => expect(bytes(n)).toBe(text));

  it("a byte rate names the second", () => expect(byteRate(9_600_000)).toBe("9.6 MB/s"));

  it.each([
    [84, "84 µs"],
    [999, "999 µs"],
    [8_100, "8.1 ms"],
    [212_000, "212 ms"],
    [999_400, "999 ms"],
    [999_600, "1.00 s"],
    [5_001_200, "5.00 s"],
    [12_400_000, "12.4 s"],
    [1_204_000_000, "1,204 s"],
  ])("a latency of %d µs is %s", (us, text) => expect(latency(us)).toBe(text));

  it("a latency that was not measured is none", () => expect(latency(null)).toBe("none"));
});
