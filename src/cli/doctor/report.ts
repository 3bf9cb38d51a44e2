/** The report: its lines, as text and as JSON, and what is taken out of it. */
import type { Styles } from "../terminal.js";

export interface Finding {
  /** `failed`: a sign-in, or a call, cannot work. `warning`: it can, and something is wrong. `none`: does not apply here. */
  readonly state: "ok" | "warning" | "failed" | "none";
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly todo?: string | undefined;
  /** What the whole report exits with, where this failed. */
  readonly exitCode?: number;
}

export interface Check extends Finding {
  readonly name: string;
}

export const ok = (found: string): Finding => ({ state: "ok", found });
export const none = (found: string): Finding => ({ state: "none", found });
export const warning = (found: string, todo?: string): Finding => ({ state: "warning", found, todo });
export const failed = (exitCode: number, found: string, todo?: string): Finding => ({
  state: "failed",
  found,
  todo,
  exitCode,
});

export interface Report {
  readonly versions: Readonly<Record<"keystoneAuth" | "node" | "platform", string>>;
  readonly checks: readonly Check[];
}

export function isHealthy({ checks }: Report): boolean {
  return checks.every(({ state }) => state !== "failed");
}

/** The report with every text of it changed. */
export function mapTexts(report: Report, change: (text: string) => string): Report {
  const checks = report.checks.map((check) => ({
    ...check,
    found: change(check.found),
    ...(check.todo !== undefined && { todo: change(check.todo) }),
  }));
  return { ...report, checks };
}

export function reportText(report: Report, styles: Styles): string {
  const { keystoneAuth, node, platform } = report.versions;
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const marks = { ok: styles.green("✓"), warning: styles.yellow("!"), failed: styles.red("✗"), none: styles.dim("–") };
  const lines = report.checks.flatMap(({ name, state, found, todo }) => [
    `${marks[state]} ${name.padEnd(width)}  ${found}`,
    ...(todo === undefined ? [] : [`  ${"".padEnd(width)}  ${styles.bold("→")} ${todo}`]),
  ]);
  const count = report.checks.filter(({ state }) => state === "failed").length;
  const end =
    count === 0 ? "Nothing stands in the way of a sign-in." : `${count} ${count === 1 ? "check" : "checks"} failed.`;
  return [`keystone-auth ${keystoneAuth}, Node ${node}, ${platform}`, "", ...lines, "", end, ""].join("\n");
}

export function reportJson(report: Report): string {
  const checks = report.checks.map(({ name, state, found, todo }) => ({ name, state, found, todo: todo ?? null }));
  return `${JSON.stringify({ healthy: isHealthy(report), versions: report.versions, checks })}\n`;
}

/** What a report says of nobody. */
export interface LocalUser {
  /** Directories that are shown as `~`: the home directory as it is given and as it really is. */
  readonly homes: readonly string[];
  readonly user: string | undefined;
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Makes a text fit for a ticket: no home directory, no user name in a path, no query or credentials in an address.
 * Applied to every text of the report, whatever it came from.
 */
export function redact(text: string, { homes, user }: LocalUser): string {
  let redacted = text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, withoutSecrets);
  // The longest first: one may be the beginning of another.
  for (const home of [...homes].sort((a, b) => b.length - a.length)) {
    if (home.length > 1) redacted = redacted.replace(new RegExp(`${escape(home)}(?![\\w.-])`, "g"), "~");
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
