/**
 * As much of vitest as the contract suites use, for a page: esbuild puts it in vitest's place. Cases run one after the
 * other when `runCases()` is called.
 */

interface Case {
  readonly title: string;
  readonly run: () => Promise<void>;
}
type Work = () => unknown;

const cases: Case[] = [];
const hooks = { before: [] as Work[], after: [] as Work[] };
let path: readonly string[] = [];

export function describe(title: string, body: () => void): void {
  const outside = { path, before: [...hooks.before], after: [...hooks.after] };
  path = [...path, title];
  body();
  path = outside.path;
  hooks.before = outside.before;
  hooks.after = outside.after;
}

export const beforeEach = (work: Work): void => void hooks.before.push(work);
export const afterEach = (work: Work): void => void hooks.after.push(work);

function addCase(title: string, work: (...args: unknown[]) => unknown, args: readonly unknown[] = []): void {
  const { before, after } = { before: [...hooks.before], after: [...hooks.after] };
  const run = async () => {
    for (const hook of before) await hook();
    try {
      await work(...args);
    } finally {
      for (const hook of after) await hook();
    }
  };
  cases.push({ title: [...path, title].join(" > "), run });
}

export const it = Object.assign((title: string, work: Work) => addCase(title, work), {
  each: (rows: readonly (readonly unknown[])[]) => (title: string, work: (...args: never[]) => unknown) => {
    for (const row of rows) addCase(title.replace("%s", String(row[0])), work as (...args: unknown[]) => unknown, row);
  },
});

/** Runs what was described; gives the titles, each with the message of its failure. */
export async function runCases(): Promise<{ title: string; failure?: string }[]> {
  const results: { title: string; failure?: string }[] = [];
  for (const { title, run } of cases) {
    try {
      await run();
      results.push({ title });
    } catch (error) {
      results.push({ title, failure: String(error) });
    }
  }
  return results;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** `partly`: further properties of `seen` do not count. */
function isEqual(seen: unknown, wanted: unknown, partly = false): boolean {
  if (Object.is(seen, wanted)) return true;
  if (!isObject(seen) || !isObject(wanted) || Array.isArray(seen) !== Array.isArray(wanted)) return false;
  const names = Object.keys(wanted);
  if (!partly && names.length !== Object.keys(seen).length) return false;
  return names.every((name) => name in seen && isEqual(seen[name], wanted[name], partly));
}

const text = (value: unknown) => `${JSON.stringify(value)?.slice(0, 200) ?? String(value)}`;

function matchers(seen: unknown) {
  const must = (isSo: boolean, what: string, wanted: unknown) => {
    if (!isSo) throw new Error(`${text(seen)} should ${what} ${text(wanted)}`);
  };
  return {
    toBe: (wanted: unknown) => must(Object.is(seen, wanted), "be", wanted),
    toBeUndefined: () => must(seen === undefined, "be", undefined),
    toEqual: (wanted: unknown) => must(isEqual(seen, wanted), "equal", wanted),
    toStrictEqual: (wanted: unknown) => must(isEqual(seen, wanted), "equal", wanted),
    toMatchObject: (wanted: unknown) => must(isEqual(seen, wanted, true), "match", wanted),
    toContainEqual: (wanted: unknown) =>
      must(Array.isArray(seen) && seen.some((one) => isEqual(one, wanted)), "contain", wanted),
    toBeInstanceOf: (wanted: new (...args: never[]) => unknown) => must(seen instanceof wanted, "be a", wanted.name),
  };
}

type Matchers = ReturnType<typeof matchers>;
type Later = { [Name in keyof Matchers]: (wanted: Parameters<Matchers[Name]>[0]) => Promise<void> };

export function expect(seen: unknown): Matchers & { readonly rejects: Later } {
  const rejects = Object.fromEntries(
    Object.keys(matchers(undefined)).map((name) => [
      name,
      async (wanted: never) => {
        const error: unknown = await (seen as Promise<unknown>).then(
          () => Promise.reject(new Error("it should have rejected")),
          (reason: unknown) => reason,
        );
        (matchers(error)[name as keyof Matchers] as (value: never) => void)(wanted);
      },
    ]),
  );
  return { ...matchers(seen), rejects: rejects as Later };
}
