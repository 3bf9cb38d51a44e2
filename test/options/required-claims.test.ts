/** The option `requiredClaims`: what can be asked for, and what a token's payload has of it. */
import { describe, expect, test } from "vitest";
import { OidcClient } from "../../src/node/index.js";
import { missingClaim, requiredClaims, type RequiredClaims } from "../../src/options/required-claims.js";

const read = (value: unknown) => requiredClaims(value, "requiredClaims");
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: unknown) => `${encode({ alg: "none" })}.${encode(claims)}.signature`;
const has = (claims: unknown, required: unknown) => missingClaim(jwt(claims), required as RequiredClaims) === undefined;

describe("what a token has of it", () => {
  // Python's four pairs, with one that fits and one that does not.
  test.each<[pair: string, wanted: unknown, fits: unknown, fails: unknown]>([
    ["a scalar is wanted, a scalar found: equal", "pro", "pro", "team"],
    ["a scalar is wanted, a list found: contained", "pro", ["team", "pro"], ["team"]],
    ["a list is wanted, a list found: each contained", ["a", "b"], ["c", "b", "a"], ["a", "c"]],
    ["a list is wanted, a scalar found: fails", ["a"], ["a"], "a"],
  ])("%s", (_pair, wanted, fits, fails) => {
    expect(has({ edition: fits }, { edition: wanted })).toBe(true);
    expect(has({ edition: fails }, { edition: wanted })).toBe(false);
    expect(has({}, { edition: wanted })).toBe(false);
  });

  test.each([["text"], [0], [false], [""], [[]], [{}]])("null asks that it is there: %j is", (found) => {
    expect(has({ app: found }, { app: null })).toBe(true);
  });

  test.each([
    ["1", 1],
    [1, "1"],
    [true, 1],
    ["true", true],
    [0, false],
    ["pro", "Pro"],
    [{ a: 1 }, "a"],
  ])("%j is not %j: kinds and capitals count", (found, wanted) => {
    expect(has({ app: found }, { app: wanted })).toBe(false);
    expect(has({ app: [found] }, { app: wanted })).toBe(false);
    expect(has({ app: [found] }, { app: [wanted] })).toBe(false);
  });

  test("a claim that is null is not there, and neither is what every object inherits", () => {
    for (const name of ["app", "constructor", "toString", "__proto__", "length"]) {
      expect(has({ app: null }, JSON.parse(`{"${name}":null}`))).toBe(false);
    }
    expect(has(JSON.parse('{"__proto__":"x"}'), JSON.parse('{"__proto__":"x"}'))).toBe(true);
  });

  test("all of them are needed; the first that is missing is named", () => {
    const required = { a: 1, b: null, c: ["x"] };
    expect(missingClaim(jwt({ a: 1, b: 2, c: ["x"] }), required)).toBeUndefined();
    expect(missingClaim(jwt({ a: 1, c: ["y"] }), required)).toBe("b");
  });

  test("text beyond ASCII is compared as it is meant", () => {
    expect(has({ størrelse: "små" }, { størrelse: "små" })).toBe(true);
  });

  test.each([
    ["opaque", "opaque"],
    ["two parts", `${encode({})}.${encode({ app: 1 })}`],
    ["a JWE", `${encode({})}.${encode({ app: 1 })}.a.b.c`],
    ["no base64", "a.%%%.c"],
    ["a list", jwt([1])],
    ["a text", jwt("app")],
    ["null", jwt(null)],
  ])("a token that cannot be read lacks them all: %s", (_kind, token) => {
    expect(missingClaim(token, { app: null })).toBe("app");
    expect(missingClaim(token, {})).toBeUndefined();
  });
});

describe("what can be asked for", () => {
  test("it is copied and frozen, lists too", () => {
    const given = { app: "prizm", features: ["a", 1, true], seats: 5, on: true, there: null };
    const own = read(given);
    expect(own).toEqual(given);
    given.features.push("b");
    given.app = "other";
    expect(own).toMatchObject({ app: "prizm", features: ["a", 1, true] });
    expect(Object.isFrozen(own) && Object.isFrozen(own.features)).toBe(true);
    expect(read(undefined)).toEqual({});
  });

  test.each<[string, unknown]>([
    ["a text", "app"],
    ["null", null],
    ["a list", ["app"]],
    ["a Map", new Map([["app", null]])],
    ["a promise", Promise.resolve({ app: null })],
    ["a date", new Date(0)],
    ["a function", () => ({ app: null })],
    ["a name that is empty", { "": null }],
    ["a name of blanks", { "  ": null }],
    ["a value that is not given", { app: undefined }],
    ["an object as a value", { app: {} }],
    ["a list in a list", { app: [["a"]] }],
    ["null in a list", { app: [null] }],
    ["a list with an item that is not given", { app: [undefined] }],
    ["no number", { app: Number.NaN }],
    ["no end", { app: Number.POSITIVE_INFINITY }],
    ["a bigint", { app: 1n }],
    ["a symbol", { app: Symbol("a") }],
    [
      "a getter that throws",
      Object.defineProperty({}, "app", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
    ],
  ])("%s is refused, by the option's name", (_kind, value) => {
    const make = () => new OidcClient({ clientId: "c", issuer: "https://id.example", requiredClaims: value as never });
    expect(make).toThrow(expect.objectContaining({ code: "configuration", option: "requiredClaims" }));
  });
});
