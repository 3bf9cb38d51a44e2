import { describe, expect, it } from "vitest";
import { AddressResponse, type FoundResponse } from "../../src/browser/address-response.js";
import { targetOf, withoutResponse } from "../../src/browser/way-back.js";

const ORIGIN = "https://app.example";
const RESPONSE = "code=c&state=s&iss=https%3A%2F%2Fid.example";
const at = (path: string) => new URL(ORIGIN + path);
const found = (path: string): FoundResponse => ({ url: at(path), states: at(path).searchParams.getAll("state") });

describe("PG-07 the page that asked", () => {
  it.each([
    // [as it arrived, as it is now, who asked, redirect URI, what is shown]
    [`/?${RESPONSE}`, `/?${RESPONSE}`, "/a?b=%20c&d#e?f", "/", "/a?b=%20c&d#e?f"],
    [`/?${RESPONSE}`, `/?${RESPONSE}&lang=en`, "/a", "/", "/a?lang=en"],
    [`/?${RESPONSE}`, `/?lang=en&${RESPONSE}`, "/a?b=1#c", "/", "/a?b=1&lang=en#c"],
    [`/?${RESPONSE}`, `/?${RESPONSE}&lang=en`, "/a?lang=de", "/", "/a?lang=de"],
    [`/?${RESPONSE}`, "/?state=s&code=%22c%22&iss=x", "/a", "/", "/a"],
    [`/?${RESPONSE}`, "/", "/a", "/", "/a"],
    [`/?t=1&${RESPONSE}`, `/?t=1&${RESPONSE}`, "/a", "/?t=1", "/a"],
    [`/?t=1&${RESPONSE}`, `/?t=2&${RESPONSE}`, "/a", "/?t=1", "/a?t=2"],
    [`/?${RESPONSE}&scope=openid&authuser=0`, `/?${RESPONSE}&scope=openid&authuser=0`, "/a", "/", "/a"],
    [`/?${RESPONSE}`, `/?${RESPONSE}&scope=mine`, "/a", "/", "/a?scope=mine"],
    [`/?${RESPONSE}#_=_`, `/?${RESPONSE}#_=_`, "/", "/", "/"],
    [`/?${RESPONSE}`, `/?${RESPONSE}#/start`, "/", "/", "/#/start"],
    [`/?${RESPONSE}`, `/?${RESPONSE}#/start`, "/#/deep", "/", "/#/deep"],
    [`/?${RESPONSE}`, `/?${RESPONSE}#/start`, "/a", "/", "/a"],
    [`/?${RESPONSE}`, `/?${RESPONSE}`, "//evil.example/a", "/", "//evil.example/a"],
  ])("arrived at %s, now %s, asked by %s, redirect URI %s: %s", (arrived, now, returnTo, redirectUri, shown) => {
    expect(targetOf(at(now), found(arrived), returnTo, at(redirectUri))).toBe(shown);
  });

  it.each([
    [`/?${RESPONSE}`, "/", "/"],
    [`/cb?t=1&${RESPONSE}&lang=en#/x`, "/cb?t=1", "/cb?t=1&lang=en#/x"],
    [`/?${RESPONSE}&session_state=1&error_uri=2`, "/", "/"],
  ])("%s without the response, for the redirect URI %s, is %s", (now, redirectUri, clean) => {
    expect(withoutResponse(at(now), found(`${redirectUri}?${RESPONSE}`), at(redirectUri))).toBe(clean);
  });
});

describe("the response in the address", () => {
  it.each([
    ["a code without a state", "/?code=mine"],
    ["an error that nobody expects", "/?error=mine"],
    ["names that merely end so", "/?mystate=1&barcode=2"],
  ])("%s is none", (_title, path) => {
    expect(new AddressResponse(ORIGIN + path, () => false).found).toBeUndefined();
  });

  it("a state without a code is looked at: under a state of ours it is an answer, which no provider would send", () => {
    expect(new AddressResponse(`${ORIGIN}/?state=mine`, () => false).found?.states).toEqual(["mine"]);
  });

  it("is dealt with once, however it is spelt", () => {
    const address = new AddressResponse(`${ORIGIN}/?${RESPONSE}`, () => false);
    expect(address.found?.states).toEqual(["s"]);
    address.done(found(`/?state=s&code=other`));
    expect(address.found).toBeUndefined();
  });

  it("PG-29 an error without a state is one where this tab has left for a login", () => {
    const address = new AddressResponse(`${ORIGIN}/?error=invalid_scope`, ({ pathname }) => pathname === "/");
    expect(address.found).toMatchObject({ states: [] });
    address.done(found("/"));
    expect(address.found).toBeUndefined();
  });
});
