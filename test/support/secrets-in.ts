/** Finds secrets in a value, in every way in which a value becomes text. */
import { inspect } from "node:util";

const DEPTH = 12;

/** All strings that can be reached from a value: own properties of any kind, causes, prototypes' getters of errors. */
function reachableText(root: unknown): string[] {
  const texts: string[] = [];
  const seen = new Set<object>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === "string") texts.push(value);
    if (typeof value === "symbol") texts.push(value.toString());
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
    seen.add(value);
    if (depth > DEPTH) return;
    if (ArrayBuffer.isView(value))
      texts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8"));
    if (value instanceof URL || value instanceof URLSearchParams) texts.push(value.toString());
    for (const inner of entriesOf(value)) visit(inner, depth + 1);
  };
  visit(root, 0);
  return texts;
}

function entriesOf(value: object): unknown[] {
  const found: unknown[] = [];
  if (value instanceof Map) found.push(...value.keys(), ...value.values());
  if (value instanceof Set) found.push(...value);
  if (value instanceof Headers) found.push(...value.entries());
  for (const key of Reflect.ownKeys(value)) {
    found.push(key);
    try {
      found.push(Reflect.get(value, key));
    } catch {
      // A getter that throws shows nothing.
    }
  }
  // `name`, `message` and `stack` may be getters of a class.
  if (value instanceof Error) found.push(value.name, value.message, value.stack, value.cause);
  return found;
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}

const shown = (value: unknown): string => {
  try {
    return `${inspect(value, { showHidden: true, depth: DEPTH, maxStringLength: null, maxArrayLength: null })}\n${String(value)}`;
  } catch {
    return "";
  }
};

/**
 * The secrets that stand in a value: in its strings at any depth (message, stack, cause, own properties whether
 * enumerable or not, map entries), in its inspection with hidden parts, and in its JSON. As they are, percent-encoded or base64.
 */
export function secretsIn(value: unknown, secrets: readonly string[]): string[] {
  const text = [...reachableText(value), shown(value), json(value)].join("\n");
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("base64url"), bytes.toString("base64")];
}
