/**
 * `logout --all`: ends every stored session, each as a sign-out does: first here, then at its own provider. They run side by
 * side, so that one whose provider hangs holds up no other.
 */
import type { SignOutResult } from "../../client/sign-out-result.js";
import { GONE, isKeystoneAuthError, KEPT, type KeystoneAuthError, StorageError } from "../../errors.js";
import type { OidcClientOptions } from "../../options/options.js";
import { oneLine } from "../../options/log.js";
import { type Arguments, usage } from "../arguments.js";
import { asInterrupted, CommandClient, Interruption, untilTold } from "../command-run.js";
import { EXIT, exitCodeOf, failureOf } from "../failure.js";
import { print, writeToPerson } from "../output.js";
import { noneStored, readSessionDirectory, type SessionDirectory } from "../session-directory.js";
import type { SessionFile } from "../session-files.js";
import { sharingTime, trueErrors } from "../sign-out-report.js";
import { configOf, isSecretAtHome } from "../settings.js";
import { stylesOf } from "../terminal.js";
import { Waiting } from "../waiting.js";
import { whoOf } from "./list.js";

interface Ended {
  readonly file: SessionFile;
  /** Whether it is there still, as it was. */
  readonly isLeft?: boolean;
  readonly revocation: SignOutResult["revocation"];
  readonly errors: readonly KeystoneAuthError[];
}

/** The exit code is that of the first thing that failed. */
export async function logoutAll(args: Arguments): Promise<number> {
  const { local = false, json = false, "provider-session": page } = args.values;
  if (page) throw usage("--provider-session", "--provider-session ends one session: it does not go with --all.");
  const stored = await readSessionDirectory(args);
  const interruption = new Interruption();
  const waiting = new Waiting(args.values.verbose === true, json);
  waiting.begin("Waiting for the providers");
  const signOut = (file: SessionFile) => signOutOne(file, stored, waiting, { local, signal: interruption.signal });
  const ends = await Promise.all(stored.files.map(signOut));
  interruption.release();
  waiting.end();
  const { unread } = stored;
  const [failure = unread] = ends.flatMap(({ errors }) => errors);
  const exitCode = interruption.exitCode ?? (failure === undefined ? EXIT.ok : exitCodeOf(failure));
  if (json) await print(`${JSON.stringify(resultOf(stored, ends))}\n`);
  else {
    if (unread)
      writeToPerson(
        `${stylesOf("stderr").yellow("!")} ${unread.message.replace(` ${KEPT}`, "")} Its sessions are left.\n`,
      );
    if (ends.length > 0 || !unread) writeToPerson(ends.length === 0 ? noneStored(stored) : summaryOf(ends));
  }
  return exitCode;
}

/** Never rejects. */
async function signOutOne(
  file: SessionFile,
  stored: SessionDirectory,
  waiting: Waiting,
  options: { readonly local: boolean; readonly signal: AbortSignal },
): Promise<Ended> {
  if (file.record === undefined && file.storage === "shared-database") return leftThere(file);
  const { logger, tellsItself } = untilTold(waiting.logger);
  const configFor = (chosen: SessionFile) =>
    configOf({ ...stored.given, options: optionsOf(chosen, stored), places: {} }, { logger });
  let client: CommandClient | undefined;
  try {
    const { record, ...nameless } = file;
    const problem = "It names no issuer or client that can be used.";
    const own = record && whenUsable(() => configFor(file));
    const known = record === undefined || own ? file : { ...nameless, problem };
    // Whatever it holds, it is deleted.
    client = new CommandClient(sharingTime(own ?? configFor(known)), () => {}, file.key);
    const result = await client.signOut(options);
    tellsItself();
    await client.close();
    const { revocation } = result;
    const errors = (await trueErrors(result, client.config, file.key)).map(asInterrupted);
    const isLeft = errors.some(({ code, sessionKept }) => code === "storage" && sessionKept);
    if (record !== undefined && own) return { file, isLeft, revocation, errors };
    // Why it could not be read is known here alone, and that a sign-out has ended it before.
    const others = errors.filter((error) => !(error.code === "storage" && (error as StorageError).kind === "corrupt"));
    return known.problem === undefined || options.local
      ? { file, isLeft, revocation: "skipped", errors: others }
      : { file, isLeft, revocation: "failed", errors: [...others, notRead(known)] };
  } catch (error) {
    const fault = isKeystoneAuthError(error) ? error : new StorageError("unavailable", `${file.name} was not ended.`);
    return { file, isLeft: true, revocation: "failed", errors: [fault] };
  } finally {
    await client?.close();
  }
}

function whenUsable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The client that the session is of. What else is set, a secret above all, is meant for the issuer that it is set for. */
function optionsOf(
  { record, storage }: SessionFile,
  { directory, database, given }: SessionDirectory,
): OidcClientOptions {
  const { issuer, clientId, clientSecret, discoveryUrl, ...others } = given.options;
  const isSet = record !== undefined && record.issuer === withoutLoneSlash(String(issuer));
  const hasSecret = isSet && record.clientId === clientId && clientSecret !== undefined && isSecretAtHome(given);
  const { requestTimeoutSeconds, lockTimeoutSeconds, storageTimeoutSeconds, maxResponseBytes } = others;
  return {
    // Where nothing can be read nothing is sent either: the client then only deletes.
    issuer: record?.issuer ?? "https://unknown.invalid",
    clientId: record?.clientId ?? "unknown",
    storage,
    storageDirectory: directory,
    ...(storage === "shared-database" && database !== undefined && { sharedDatabase: database }),
    // Whoever has signed in there has allowed it.
    ...(record?.issuer.startsWith("http:") && { allowInsecureLoopback: true }),
    ...(isSet && discoveryUrl !== undefined && { discoveryUrl }),
    ...(hasSecret && { clientSecret, ...pick({ clientAuthentication: others.clientAuthentication }) }),
    ...pick({ requestTimeoutSeconds, lockTimeoutSeconds, storageTimeoutSeconds, maxResponseBytes }),
  };
}

/** A slash behind the host alone does not count. */
const withoutLoneSlash = (issuer: string): string => issuer.replace(/^(https?:\/\/[^/]+)\/$/, "$1");

const pick = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

function notRead({ problem }: SessionFile): StorageError {
  // What became of it by this sign-out is said behind it.
  const why = problem?.replace(` ${KEPT}`, "").replace(` ${GONE}`, "");
  const message = `Its tokens could not be read, so that they were not revoked. ${why}`;
  return new StorageError("unavailable", message, { sessionKept: false });
}

/** What cannot be read in the database may be another program's matter. */
function leftThere(file: SessionFile): Ended {
  const message = `The row of the client ${file.name} was left as it is. ${file.problem}`;
  return {
    file,
    isLeft: true,
    revocation: "skipped",
    errors: [new StorageError("corrupt", message, { retryable: false })],
  };
}

const resultOf = ({ directory, database, unread }: SessionDirectory, ends: readonly Ended[]) => ({
  directory,
  sharedDatabase: database ?? null,
  sessions: ends.map(jsonOf),
  errors: unread ? [failureOf(unread, exitCodeOf(unread))] : [],
});

function jsonOf({ file: { record, name, storage }, isLeft = false, revocation, errors }: Ended) {
  return {
    issuer: record?.issuer ?? null,
    clientId: record?.clientId ?? (storage === "shared-database" ? name : null),
    subject: record?.subject ?? null,
    storage,
    file: storage === "shared-database" ? null : name,
    ended: !isLeft,
    revocation,
    errors: errors.map((error) => failureOf(error, exitCodeOf(error))),
  };
}

function summaryOf(ends: readonly Ended[]): string {
  const { green, yellow } = stylesOf("stderr");
  const lines = ends.map(({ file: { record, name }, revocation, errors: [failure] }) => {
    const which = record === undefined ? name : `${whoOf(record)}, client ${record.clientId} at ${record.issuer}`;
    const revoked = revocation === "done" ? "tokens revoked" : "tokens not revoked";
    if (failure === undefined) return `${green("✓")} ${oneLine(which, 700)}: signed out here, ${revoked}.`;
    return `${yellow("!")} ${oneLine(which, 700)}: ${failure.message}`;
  });
  return `${lines.join("\n")}\n${countOf(ends)}\n`;
}

function countOf(ends: readonly Ended[]): string {
  const ended = ends.filter(({ isLeft }) => !isLeft);
  const failed = ended.filter(({ errors }) => errors.length > 0).length;
  const left = ends.length - ended.length;
  const count = `${ended.length} ${ended.length === 1 ? "session" : "sessions"} ended`;
  const notes = [failed > 0 && `${failed} not in full at the provider`, left > 0 && `${left} left as before`].filter(
    Boolean,
  );
  return notes.length === 0 ? `${count}.` : `${count} here; ${notes.join("; ")}.`;
}
