/** Values that nobody should send: what fuzzed documents are made of. */
import fc from "fast-check";

/** Stand in a generated value for text that no JSON value can be turned into without overflowing the stack itself. */
const DEEP_LIST = "@@deep-list@@";
const DEEP_OBJECT = "@@deep-object@@";
const DEPTH = 12_000;
const deepList = "[".repeat(DEPTH) + "]".repeat(DEPTH);
const deepObject = `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`;

export type Json = Record<string, unknown>;

/** JSON text of a generated value. */
export function textOf(value: unknown): string {
  return (JSON.stringify(value) ?? "null")
    .replaceAll(`"${DEEP_LIST}"`, deepList)
    .replaceAll(`"${DEEP_OBJECT}"`, deepObject);
}

/** Texts that look like a compact JWS, with any JSON or none inside. */
const tokenLike: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.jsonValue({ maxDepth: 1 }).map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
      fc.constantFrom("", "!", "b", "e30=", "bnVsbA"),
    ),
    {
      minLength: 2,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join("."));

const ODD_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\ufeff",
  "\u202e",
  "\r\nset-cookie: a=b",
  "\u001b[31m",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "null",
  "NaN",
  "1e999",
  "-1",
  "0",
  "soon",
  "javascript:alert(1)",
  "data:text/html,x",
  "file:///etc/passwd",
  "https://evil.example/",
  "//evil.example",
  "https://user:pw@provider.example/",
  "http://127.0.0.1:1/",
  "https://provider.example/#f",
  "https://[",
  "https://",
  "a.b.c",
  "a.b.c.d",
  "..",
  "eyJhbGciOiJub25lIn0.e30.",
  "x".repeat(3000),
];

export const texts = (canaries: readonly string[] = []): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
    { weight: 2, arbitrary: tokenLike },
    {
      weight: 6,
      arbitrary: fc.constantFrom(...ODD_TEXTS, ...canaries, ...canaries.map((canary) => `told: ${canary}!`)),
    },
  );

const polluting = [
  JSON.parse('{"__proto__":{"polluted":true}}') as Json,
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}') as Json,
];

const odd: unknown[] = JSON.parse(
  `[null, true, false, 0, -0, -1, 0.5, 5e-324, 1e308, 2147483648, -2147483648, 9007199254740992, 1e21,
    [], {}, [null], [[]], [""], {"length":3}, {"toString":1}, {"toJSON":"x"}, {"then":1},
    "${DEEP_LIST}", "${DEEP_OBJECT}", ["${DEEP_LIST}"]]`,
) as unknown[];

/** Any JSON, often the kind that breaks something. */
export const values = (canaries: readonly string[] = []): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: texts(canaries) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...odd, ...polluting),
    },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );

interface Change {
  readonly name: string;
  readonly value: unknown;
  readonly drop: boolean;
}

/** A correct document with up to three members dropped, replaced or added. */
export function mutations<T extends Json>(
  names: readonly (keyof T & string)[],
  canaries: readonly string[] = [],
): fc.Arbitrary<(base: T) => Json> {
  const change: fc.Arbitrary<Change> = fc.record({
    name: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...names) },
      { weight: 1, arbitrary: fc.constantFrom("__proto__", "extra", "then") },
    ),
    value: values(canaries),
    drop: fc.boolean().map((yes) => yes),
  });
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const mutate = (base: T): Json => {
      const entries = new Map<string, unknown>(Object.entries(base));
      for (const { name, value, drop } of changes) {
        if (drop && entries.has(name)) entries.delete(name);
        else entries.set(name, value);
      }
      // Own members whatever they are called: `__proto__` too.
      return Object.fromEntries(entries);
    };
    return shown(mutate, () => changes.map((one) => (one.drop ? `no ${one.name}` : one)));
  });
}

/** A generated function, shown in reports by what it was made of. */
export function shown<T extends object>(work: T, parts: () => unknown): T {
  return Object.assign(work, { [fc.toStringMethod]: () => fc.stringify(parts()) });
}
