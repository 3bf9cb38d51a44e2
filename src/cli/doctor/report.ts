/** The report: its lines, as text and as JSON, and what is taken out of it. */
import type { Styles } from "../terminal.js";

export interface Finding {
  /** `failed`: a sign-in, or a call, cannot work. `warning`: it can, and something is wrong. `none`: does not apply here. */
  readonly state: "ok" | "warning" | "failed" | "none";
  readonly found: string;
  /** What to do about it. */
  readonly todo?: string | undefined;
  /** What the whole report exits with, where this failed. */
  readonly exitCode?: number;
}

type Check = Finding & { readonly name: string };

export const ok = (found: string): Finding => ({ state: "ok", found });
export const none = (found: string): Finding => ({ state: "none", found });
export const warning = (found: string, todo: string): Finding => ({ state: "warning", found, todo });
export const failed = (exitCode: number, found: string, todo?: string): Finding => {
  return { state: "failed", found, todo, exitCode };
};

interface Report {
  readonly versions: Readonly<Record<"keystoneAuth" | "node" | "platform", string>>;
  readonly checks: readonly Check[];
}

export function reportText({ versions, checks }: Report, { green, yellow, red, dim, bold }: Styles): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const marks = { ok: green("✓"), warning: yellow("!"), failed: red("✗"), none: dim("–") };
  const lines = checks.flatMap(({ name, state, found, todo }) => [
    `${marks[state]} ${name.padEnd(width)}  ${found}`,
    ...(todo === undefined ? [] : [`  ${"".padEnd(width)}  ${bold("→")} ${todo}`]),
  ]);
  const count = checks.filter(({ state }) => state === "failed").length;
  const end = `${count} ${count === 1 ? "check" : "checks"} failed.`;
  return [
    `keystone-auth ${versions.keystoneAuth}, Node ${versions.node}, ${versions.platform}`,
    "",
    ...lines,
    "",
    count === 0 ? "Nothing stands in the way of a sign-in." : end,
    "",
  ].join("\n");
}

export function reportJson({ versions, checks }: Report): string {
  const healthy = checks.every(({ state }) => state !== "failed");
  const lines = checks.map(({ name, state, found, todo = null }) => ({ name, state, found, todo }));
  return `${JSON.stringify({ healthy, versions, checks: lines })}\n`;
}

/** What a report says of nobody. */
export interface LocalUser {
  /** Directories that are shown as `~`: the home directory as it is given and as it really is. */
  readonly homes: readonly string[];
  readonly user: string | undefined;
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Makes a text fit for a ticket: no home directory, no user name in a path, no query or credentials in an address. */
export function redact(text: string, { homes, user }: LocalUser): string {
  let redacted = text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, withoutSecrets);
  // The longest first: one may be the beginning of another.
  for (const home of [...homes].sort((a, b) => b.length - a.length)) {
    redacted = redacted.replace(new RegExp(`${escape(home)}(?![\\w.-])`, "g"), "~");
  }
  // Only as a part of a path: a user may be called "node".
  if (user) redacted = redacted.replace(new RegExp(`(?<=[/\\\\])${escape(user)}(?![\\w.-])`, "gi"), "USER");
  return redacted;
}

/** Scheme, host and path. What cannot be read as an address is not shown at all. */
function withoutSecrets(address: string): string {
  const tail = /[.,;:)]*$/.exec(address)?.[0] ?? "";
  const text = address.slice(0, address.length - tail.length);
  if (!URL.canParse(text)) return `(an address that cannot be read)${tail}`;
  const { protocol, host, pathname } = new URL(text);
  const path = pathname === "/" && !/^[^/]*\/\/[^/]*\//.test(text) ? "" : pathname;
  return `${protocol}//${host}${path}${tail}`;
}
