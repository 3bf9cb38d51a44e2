/** The flag `--require NAME[=VALUE]`, however often it is given, as the option `requiredClaims`. */
import type { RequiredClaims } from "../options/required-claims.js";

type Value = string | number | boolean;

/** A number, `true`, `false` and a text in double quotes are meant as in JSON; anything else is a text as it stands. */
function readValue(text: string): Value {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? text : (value as Value);
  } catch {
    return text;
  }
}

/** Several values of one name are a list, each of which the claim must hold. `undefined` where a name is missing. */
export function readRequired(texts: readonly string[]): RequiredClaims | undefined {
  const values = new Map<string, Set<Value>>();
  for (const text of texts) {
    const [name = ""] = text.split("=", 1);
    if (name.trim() === "") return undefined;
    const known = values.get(name) ?? new Set();
    if (name !== text) known.add(readValue(text.slice(name.length + 1)));
    values.set(name, known);
  }
  const wanted = ([first, ...others]: readonly Value[]) =>
    first === undefined ? null : others.length === 0 ? first : [first, ...others];
  return Object.fromEntries([...values].map(([name, known]) => [name, wanted([...known])]));
}
