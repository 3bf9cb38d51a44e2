/** `list`: all stored sessions, whichever program has begun them. Nobody is asked, and no token is shown. */
import { oneLine } from "../../options/log.js";
import { accessTokenOf, type SessionRecord } from "../../token-set.js";
import type { Arguments } from "../arguments.js";
import { EXIT } from "../failure.js";
import { print, writeToPerson } from "../output.js";
import { noneStored, readSessionDirectory } from "../session-directory.js";
import type { SessionFile } from "../session-files.js";
import { accessTokenClaimsOf, duration, nameOf, sessionOf, textOf } from "../stored-session.js";
import { stylesOf } from "../terminal.js";

/** As a client has them by default: the settings of the clients are not known. */
const TIMES = { clockToleranceMs: 120_000, minValidityMs: 30_000, flow: "auth_code" } as const;

export async function list(args: Arguments): Promise<number> {
  const stored = await readSessionDirectory(args);
  const { directory, database = null, files } = stored;
  const shown = files.filter(({ record, problem }) => record !== undefined || problem !== undefined);
  if (args.values.json) {
    await print(`${JSON.stringify({ directory, sharedDatabase: database, sessions: shown.map(jsonOf) })}\n`);
  } else if (shown.length > 0) await print(shown.map(textOfFile).join("\n"));
  else if (stored.unread === undefined) writeToPerson(noneStored(stored));
  if (stored.unread) throw stored.unread;
  return EXIT.ok;
}

function jsonOf({ name, storage, record, problem }: SessionFile) {
  const { claims, expiresAt = null, secondsLeft, renewable } = sessionOf(record, TIMES);
  const { scopes = [], audiences = [] } = accessTokenOf(record) ?? {};
  return {
    issuer: record?.issuer ?? null,
    clientId: record?.clientId ?? (storage === "shared-database" ? name : null),
    subject: record?.subject ?? null,
    name: nameOf(claims) ?? null,
    scopes,
    audiences,
    expiresAt,
    secondsLeft,
    renewable,
    accessTokenClaims: accessTokenClaimsOf(record) ?? null,
    endsAt: record?.endsAt === undefined ? null : new Date(record.endsAt).toISOString(),
    storage,
    file: storage === "shared-database" ? null : name,
    problem: problem ?? null,
  };
}

function textOfFile({ name, record, problem, storage }: SessionFile): string {
  const { bold, dim, yellow } = stylesOf("stdout");
  const line = (what: string, text: string) => `${dim(what.padEnd(9))} ${text}`;
  const isRow = storage === "shared-database";
  if (record === undefined) {
    const which = line(isRow ? "client" : "file", oneLine(name, 200));
    return [yellow("cannot be read"), which, `${problem}`, ""].join("\n");
  }
  const { scopes = [], audiences = [] } = accessTokenOf(record) ?? {};
  // What a provider has sent stands in it.
  const words = (list: readonly string[]) => oneLine(list.join(" "), 500);
  return [
    bold(whoOf(record)),
    line("issuer", oneLine(record.issuer, 500)),
    line("client", oneLine(record.clientId, 200)),
    ...(scopes.length > 0 ? [line("scopes", words(scopes))] : []),
    ...(audiences.length > 0 ? [line("audiences", words(audiences))] : []),
    line("token", tokenText(record)),
    ...(storage === "file" ? [] : [line("stored", isRow ? "in the shared database" : "encrypted")]),
    "",
  ].join("\n");
}

/** Of a program that has signed in as itself no ID Token is stored. */
export function whoOf(record: SessionRecord): string {
  const { claims } = sessionOf(record, TIMES);
  return nameOf(claims) ?? textOf(record.subject) ?? `the program ${oneLine(record.clientId, 200)}`;
}

function tokenText(record: SessionRecord): string {
  const { secondsLeft, renewable } = sessionOf(record, TIMES);
  if (secondsLeft > 0) return `valid for ${duration(secondsLeft)}${renewable ? ", and can be renewed" : ""}`;
  return renewable ? "the next call renews it" : "expired, and cannot be renewed";
}
