/** `init`: asks for the settings, checks them at the provider, and writes keystone-auth.json. Where nobody can be asked, the flags say all. */
import { resolve } from "node:path";
import { AbortedError } from "../../errors.js";
import type { OidcClientOptions } from "../../options/options.js";
import { type Arguments, usage } from "../arguments.js";
import { mayAsk } from "../command-run.js";
import { exists, isThere, writeConfigFile } from "../init/config-writer.js";
import { exitCodeOfReport, type Line } from "../doctor/report.js";
import { EXIT } from "../failure.js";
import { checkClient, checkIssuer } from "../init/provider-checks.js";
import { print, writeToPerson } from "../output.js";
import { Questions } from "../init/questions.js";
import { readFlagsAndVariables } from "../settings.js";
import { SETTINGS } from "../settings-table.js";
import { isTerminal, stylesOf } from "../terminal.js";

const FILE = "keystone-auth.json";

type Chosen = OidcClientOptions & { noBrowser?: boolean };

export async function init(args: Arguments): Promise<number> {
  const { values } = args;
  const path = resolve(values.config ?? FILE);
  const isAsking = mayAsk(args) && values.json !== true && isTerminal.stdin() && isTerminal.stderr();
  const given = givenSettings(args);
  if (!isAsking) return await withoutQuestions(path, given, values.json === true);
  const questions = new Questions();
  try {
    return await withQuestions(path, given, questions);
  } catch (error) {
    if (!(error instanceof AbortedError)) throw error;
    writeToPerson("\nkeystone-auth: Interrupted. Nothing was written.\n");
    return EXIT.interrupted;
  } finally {
    questions.close();
  }
}

/** What flags say, and of the variables what is asked for: the others are this machine's. */
function givenSettings({ values }: Arguments): Partial<Chosen> {
  const { options, places } = readFlagsAndVariables(values, process.env);
  const asked = ["issuer", "clientId", "extraScopes", "audiences"];
  const isMeant = (name: string, place: string) => place.startsWith("option ") || asked.includes(name);
  const names = SETTINGS.filter(({ name, isSecret }) => !isSecret && isMeant(name, places[name] ?? ""));
  return Object.fromEntries(names.filter(({ name }) => name in options).map(({ name }) => [name, options[name]]));
}

async function withoutQuestions(path: string, { issuer, clientId, ...others }: Partial<Chosen>, json: boolean) {
  if (issuer === undefined || clientId === undefined) {
    throw usage(
      "init",
      "init can ask nobody here: give --issuer and --client-id, and what else is to stand in the file.",
    );
  }
  if (isThere(path)) throw exists(path);
  const chosen = { issuer, clientId, ...others };
  const checks = await checkClient(chosen);
  const exitCode = exitCodeOfReport(checks);
  if (exitCode === EXIT.ok) writeConfigFile(path, ordered(chosen), false);
  const written = exitCode === EXIT.ok;
  if (json) await print(`${JSON.stringify({ path, written, settings: ordered(chosen), checks })}\n`);
  else writeToPerson(`${linesOf(checks)}${written ? done(path) : `${path} was not written.\n`}`);
  return exitCode;
}

async function withQuestions(path: string, given: Partial<Chosen>, questions: Questions): Promise<number> {
  const mayReplace = isThere(path);
  if (mayReplace && !(await questions.confirm(`${path} exists. Replace it?`))) throw exists(path);
  const issuer = await askIssuer(given, questions);
  const clientId = await askUntil(() => questions.ask("Client id", given.clientId));
  const scopes = await questions.ask(
    'Scopes beside openid, with blanks; "-" for none',
    listed(given.extraScopes, SCOPES),
  );
  const audiences = await questions.ask(
    'Audiences that each access token must name, with blanks; "-" for none',
    listed(given.audiences, "-"),
  );
  const chosen = { ...given, issuer, clientId, extraScopes: words(scopes), audiences: words(audiences) };
  writeToPerson("\n");
  const checks = await checkClient(chosen);
  writeToPerson(`${linesOf(checks)}\n`);
  const isFine = exitCodeOfReport(checks) === EXIT.ok;
  if (!isFine && !(await questions.confirm("Write the file all the same?"))) {
    writeToPerson("Nothing was written.\n");
    return exitCodeOfReport(checks);
  }
  writeConfigFile(path, ordered(chosen), mayReplace);
  writeToPerson(done(path));
  return EXIT.ok;
}

const SCOPES = "offline_access";
const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "" && word !== "-");
const listed = (list: readonly string[] | undefined, otherwise: string): string =>
  list === undefined ? otherwise : list.join(" ") || "-";

/** Until its metadata can be had, or the person insists. */
async function askIssuer(given: Partial<Chosen>, questions: Questions): Promise<string> {
  const { green, red } = stylesOf("stderr");
  let fallback = given.issuer === undefined ? "" : String(given.issuer);
  for (;;) {
    const typed = await askUntil(() => questions.ask("Issuer, the provider's address", fallback));
    const issuer = /^[a-z][a-z0-9+.-]*:/i.test(typed) && !/^[^/]*:\d/.test(typed) ? typed : `https://${typed}`;
    const { problem, found, isUsable } = await checkIssuer({ ...given, issuer, clientId: "unknown" });
    writeToPerson(problem === undefined ? `${green("✓")} ${found}\n` : `${red("✗")} ${problem}\n`);
    if (problem === undefined || (isUsable && (await questions.confirm("Use it all the same?")))) return issuer;
    fallback = "";
  }
}

async function askUntil(ask: () => Promise<string>): Promise<string> {
  for (;;) {
    const answer = await ask();
    if (answer !== "") return answer;
  }
}

/** In the order of the table, without what is empty. */
function ordered(chosen: Partial<Chosen>): Readonly<Record<string, unknown>> {
  const names = SETTINGS.map(({ name }) => name).filter((name) => [chosen[name] ?? []].flat().length > 0);
  return Object.fromEntries(names.map((name) => [name, chosen[name]]));
}

function linesOf(checks: readonly Line[]): string {
  const { green, yellow, red } = stylesOf("stderr");
  const marks = { ok: green("✓"), warning: yellow("!"), failed: red("✗"), skipped: "" };
  // What was not looked at tells nothing.
  const found = checks.filter(({ outcome }) => outcome !== "skipped");
  const lines = found.map(({ outcome, message, advice }) =>
    [`${marks[outcome]} ${message}`, advice && `  → ${advice}`].filter(Boolean).join("\n"),
  );
  return `${lines.join("\n")}\n`;
}

function done(path: string): string {
  return `${stylesOf("stderr").green("✓")} ${path} is written. Sign in with: keystone-auth login\n`;
}
