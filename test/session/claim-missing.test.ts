/** What is said of a token that lacks a claim. */
import { describe, expect, it } from "vitest";
import type { RequiredClaims } from "../../src/options/required-claims.js";
import { claimMissing } from "../../src/session/claim-missing.js";
import { DEFAULT_TOKEN, type SessionRecord } from "../../src/token-set.js";

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function recordWith(claims: object): SessionRecord {
  const token = `${encoded({ alg: "none" })}.${encoded(claims)}.x`;
  const stored = { token, tokenType: "Bearer", obtainedAt: 0, expiresAt: 1, scopes: [], audiences: [] };
  return {
    version: 1,
    id: "1",
    issuer: "https://id.example",
    clientId: "c",
    accessTokens: { [DEFAULT_TOKEN]: stored },
  };
}

describe("the error of a claim that is missing", () => {
  it.each<[RequiredClaims[string], string]>([
    [[], 'no claim "s" that is a list (option'],
    [["a", 1], 'no claim "s" that lists "a", 1 (option'],
    ["", 'no claim "s" with "" (option'],
    [null, 'no claim "s" (option'],
  ])("says what is asked for by %j", (wanted, said) => {
    const found = wanted === null ? {} : { s: "another" };
    expect(claimMissing(recordWith(found), { requiredClaims: { s: wanted } })?.message).toContain(said);
  });
});
