import { describe, expect, it } from "vitest";
import { takeToken } from "./session";

describe("the token of the printed URL", () => {
  it("is taken from the query and leaves the rest", () => {
    const taken = takeToken(new URL("http://127.0.0.1:7878/?token=abc#/exchanges?filter=status:500"));
    expect(taken).toEqual({ token: "abc", rest: "/#/exchanges?filter=status:500" });
  });

  it("is taken from the fragment", () => {
    expect(takeToken(new URL("http://127.0.0.1:7878/#token=a%2Bb"))).toEqual({ token: "a+b", rest: "/" });
  });

  it("is absent from a plain address", () => {
    expect(takeToken(new URL("http://127.0.0.1:7878/#/topology")).token).toBeNull();
  });
});
