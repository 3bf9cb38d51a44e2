import fc from "fast-check";
import { expect, it } from "vitest";
import type { Row } from "../../../src/node/shared-database/database.js";
import { recordOf } from "../../../src/node/shared-database/notes.js";
import { nameOfRow, rowOf } from "../../../src/node/shared-database/row-session.js";
import { isSessionRecord } from "../../../src/session/record-format.js";
import { accessTokenOf, type SessionRecord } from "../../../src/token-set.js";
import { jwt, WANTED } from "./records.js";

const ASKING = { session: "s-test", wanted: WANTED };
const claims = { iss: WANTED.issuer, sub: "alice" };
const read = (row: Partial<Row>) =>
  recordOf({ id_token: null, access_token: "", refresh_token: "r", ...row }, [], ASKING) as SessionRecord | undefined;

/** A claim as it should be, or anything. */
const claim = (good: unknown) => fc.oneof({ weight: 8, arbitrary: fc.constant(good) }, fc.jsonValue(), fc.double());
const token = fc
  .record(
    {
      iss: claim(WANTED.issuer),
      sub: claim("alice"),
      aud: claim("prizm"),
      exp: claim(4_000_000_000),
      iat: claim(1_700_000_000),
      sid: claim("1"),
      scope: claim("openid"),
    },
    { requiredKeys: [] },
  )
  .map(jwt);
const text = fc.oneof(
  token,
  token.map((each) => `a header with a blank${each}`),
  fc.constant(null),
  fc.string({ unit: "binary" }),
  fc.string().map((each) => `a.${each}.b`),
);

it("Whatever stands in a row, it is a session that can be stored, or none; and what is given of it is a token that a header can hold", () => {
  fc.assert(
    fc.property(text, text, text, (id_token, access_token, refresh_token) => {
      const record = read({ id_token, access_token, refresh_token });
      if (record === undefined) return;
      expect(isSessionRecord(record, WANTED)).toBe(true);
      expect(accessTokenOf(record)?.token ?? "x").toMatch(/^[\x21-\x7e]+$/);
      expect(rowOf(record).refresh_token).toBe(refresh_token || null);
    }),
    { numRuns: 2000 },
  );
});

it("Two rows have one name only where they are the same", () => {
  const row = { id_token: jwt(claims), access_token: jwt({ ...claims, n: 1 }), refresh_token: "r" };
  const others = [
    { ...row, id_token: null },
    { ...row, access_token: "" },
    { ...row, access_token: null },
    { ...row, access_token: jwt({ ...claims, n: 2 }) },
    { ...row, refresh_token: "s" },
    { ...row, refresh_token: `${row.refresh_token} ` },
  ];
  expect(new Set([row, { ...row }, ...others].map(nameOfRow)).size).toBe(others.length + 1);
});

it.each([
  ["an ID Token of another client", { id_token: jwt({ ...claims, aud: "another" }) }],
  ["another issuer that begins like ours", { id_token: jwt({ ...claims, iss: `${WANTED.issuer}.example` }) }],
  ["no person", { id_token: jwt({ iss: WANTED.issuer }) }],
  ["no token that can be read", { access_token: "opaque" }],
])("A row of %s is no session", (_name, row) => {
  expect(read(row)).toBeUndefined();
});

it("The issuer may be spelt with a slash behind the host", () => {
  expect(read({ id_token: jwt({ ...claims, iss: `${WANTED.issuer}/`, aud: "prizm" }) })).toMatchObject({
    subject: "alice",
  });
});

it.each([
  [
    { iat: 100, exp: 400 },
    { obtainedAt: 100_000, expiresAt: 400_000 },
  ],
  [
    { nbf: 100, exp: 400 },
    { obtainedAt: 100_000, expiresAt: 400_000 },
  ],
  [{ exp: 4000 }, { obtainedAt: 400_000, expiresAt: 4_000_000 }],
  [
    { iat: 500, exp: 400 },
    { obtainedAt: 400_000, expiresAt: 400_000 },
  ],
  [{ iat: 100 }, undefined],
  [{ iat: 100, exp: 1e300 }, undefined],
])("The life of an access token of %o", (times, expected) => {
  const found = accessTokenOf(read({ access_token: jwt({ ...claims, ...times }) }));
  expect(found && { obtainedAt: found.obtainedAt, expiresAt: found.expiresAt }).toEqual(expected);
});
