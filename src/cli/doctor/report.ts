/** The report: its lines, as text and as JSON, and what is taken out of it. */
import type { DiagnosisCheck, DiagnosisFinding } from "../../client/diagnosis.js";
import { EXIT } from "../failure.js";
import { broken, type Styles } from "../terminal.js";

/** The client's findings, and the command's own on its settings. */
export type Line = Omit<DiagnosisFinding, "check"> & {
  readonly check: DiagnosisCheck | "settings";
  /** What the whole report exits with where this failed, if not what the check says. */
  readonly exitCode?: number;
};

interface Report {
  readonly versions: Readonly<Record<"keystoneAuth" | "node" | "platform", string>>;
  readonly lines: readonly Line[];
}

/** What a script that runs the command is told, as by a call that failed for it. */
const EXIT_OF: Readonly<Record<Line["check"], number>> = {
  settings: EXIT.usage,
  metadata: EXIT.network,
  keys: EXIT.network,
  cors: EXIT.network,
  device_flow: EXIT.network,
  client: EXIT.refused,
  redirect_uri: EXIT.other,
  scopes: EXIT.refused,
  clock: EXIT.validation,
  storage: EXIT.storage,
  session: EXIT.storage,
  lock: EXIT.storage,
  keychain: EXIT.storage,
  browser: EXIT.other,
  channel: EXIT.other,
  silent_login: EXIT.other,
  coop: EXIT.other,
  proxy: EXIT.other,
  certificates: EXIT.other,
};

/** 0 where no check failed, else that of the first one that did. */
export function exitCodeOfReport(lines: readonly Line[]): number {
  const first = lines.find(({ outcome }) => outcome === "failed");
  return first === undefined ? EXIT.ok : (first.exitCode ?? EXIT_OF[first.check]);
}

/** `columns` of a terminal, for lines that are broken between words; undefined: each text is one line. */
export function reportText(
  { versions, lines }: Report,
  { green, yellow, red, dim, bold }: Styles,
  columns: number | undefined,
): string {
  const names = lines.map(({ check }) => check.replace(/_uri$/, " URI").replaceAll("_", " "));
  const width = Math.max(...names.map((name) => name.length));
  const marks = { ok: green("✓"), warning: yellow("!"), failed: red("✗"), skipped: dim("–") };
  const indent = `\n${" ".repeat(width + 4)}`;
  const fit = (text: string, before = 0) => {
    const rows = broken(text, columns && Math.max(30, columns - width - 4 - before - 1));
    return rows.join(indent + " ".repeat(before));
  };
  const shown = lines.flatMap(({ outcome, message, advice }, at) => [
    `${marks[outcome]} ${(names[at] ?? "").padEnd(width)}  ${fit(message)}`,
    ...(advice === undefined ? [] : [`${" ".repeat(width + 4)}${bold("→")} ${fit(advice, 2)}`]),
  ]);
  return [
    `keystone-auth ${versions.keystoneAuth}, Node ${versions.node}, ${versions.platform}`,
    "",
    ...shown,
    "",
    ...broken(verdict(lines), columns && columns - 1),
    "",
  ].join("\n");
}

function verdict(lines: readonly Line[]): string {
  const count = (outcome: Line["outcome"]) => lines.filter((line) => line.outcome === outcome).length;
  const [failures, warnings] = [count("failed"), count("warning")];
  const named = (number: number, what: string) => `${number} ${number === 1 ? what : `${what}s`}`;
  if (failures > 0)
    return `${named(failures, "check")} failed${warnings > 0 ? `, ${named(warnings, "warning")}` : ""}.`;
  if (warnings > 0) return `Nothing failed; ${named(warnings, "warning")}.`;
  return "Nothing stands in the way of a sign-in.";
}

export function reportJson({ versions, lines }: Report): string {
  const healthy = lines.every(({ outcome }) => outcome !== "failed");
  const checks = lines.map(({ check, outcome, message, advice = null }) => ({ check, outcome, message, advice }));
  return `${JSON.stringify({ healthy, versions, checks })}\n`;
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
