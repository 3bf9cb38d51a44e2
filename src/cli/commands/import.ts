/** `import`: begins a session by a refresh token that another program was granted, for a machine without a browser. */
import { homedir } from "node:os";
import { StorageError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { databasePlace } from "../../node/shared-database/place.js";
import type { SessionRecord } from "../../token-set.js";
import { type Arguments, usage } from "../arguments.js";
import { mayAsk, withClient } from "../command-run.js";
import { EXIT } from "../failure.js";
import { GivenToken } from "../import/given-token.js";
import { readRefreshToken } from "../import/secret-input.js";
import { importSession, type Origin } from "../import/session-import.js";
import { SharedRow } from "../import/shared-row.js";
import { writeToPerson } from "../output.js";
import { readSettings } from "../settings.js";
import { nameOf, placeOf, sessionOf } from "../stored-session.js";
import { stylesOf } from "../terminal.js";

export async function importCommand(args: Arguments): Promise<number> {
  if (args.values["from-shared-database"]) return await fromSharedDatabase(args);
  // Nobody types a token for settings that cannot be used.
  readSettings(args.values, process.env);
  const token = await readRefreshToken(mayAsk(args));
  return await run(args, (config) => new GivenToken(config, token));
}

async function fromSharedDatabase({ values, ...args }: Arguments): Promise<number> {
  // Of the origin: where the session goes to is another setting.
  const { "shared-database": given, ...others } = values;
  if (typeof given === "string" && given.trim() === "")
    throw usage("--shared-database", "--shared-database must be a string that is not empty.");
  const path = databasePlace(typeof given === "string" ? given : undefined, process.env, homedir);
  if (path instanceof StorageError) throw path;
  let row: SharedRow | undefined;
  const begin = (config: NodeConfig) => {
    if (config.storage === "shared-database")
      throw usage(
        "--from-shared-database",
        "With --storage shared-database the session is used where it is, and nothing is imported: keystone-auth token.",
      );
    row = new SharedRow(config, path, () => tellTaken(path, values.json === true));
    return row;
  };
  const outcome = () => {
    const taken = row?.isTaken === true;
    const stays = `stays in ${path}, too: its refresh token serves again`;
    return { facts: { taken }, text: taken ? `It was taken out of ${path}.` : `It ${stays}.` };
  };
  return await run({ ...args, values: others }, begin, outcome);
}

/** With `--json` as JSON, as whatever a person is told meanwhile. */
function tellTaken(path: string, json: boolean): void {
  const notice = `The refresh token serves once and is taken out of ${path}: the programs that share it sign in anew. To share one session with them, use --storage shared-database instead.`;
  writeToPerson(json ? `${JSON.stringify({ notice })}\n` : `keystone-auth: ${notice}\n`);
}

interface Outcome {
  /** For `--json`. */
  readonly facts?: object;
  /** For a person. */
  readonly text?: string;
}

/** `outcome` is asked at the end what became of the origin. */
function run(args: Arguments, origin: (config: NodeConfig) => Origin, outcome = (): Outcome => ({})): Promise<number> {
  return withClient(args, async ({ client, call, print, release }) => {
    const config = await configThatKeeps(client.config);
    const record = await importSession(config, origin(config), call.signal);
    release();
    const { facts, text = "" } = outcome();
    if (args.values.json) await print(`${JSON.stringify({ ...resultOf(record, config), ...facts })}\n`);
    else writeToPerson(`${textOf(record, config)} ${text}`.trimEnd() + "\n");
    return EXIT.ok;
  });
}

/** What is imported lasts longer than this process, or is not taken at all. */
async function configThatKeeps(config: NodeConfig): Promise<NodeConfig> {
  if (config.flow === "client_credentials")
    throw usage("flow", "import is for a person's session: with client_credentials the program signs in as itself.");
  if (config.storage === "memory" || config.noCache)
    throw usage("storage", "import stores a session, and the storage memory keeps none.");
  const place = await placeOf(config);
  if (place instanceof StorageError) throw place;
  // A keychain that is not there is found out before the token is sent.
  return config.withoutKeychain === "memory" ? { ...config, withoutKeychain: "fail" } : config;
}

function resultOf(record: SessionRecord, config: NodeConfig) {
  const { claims, expiresAt = null, renewable } = sessionOf(record, config);
  return { imported: true, subject: claims?.sub ?? record.subject ?? null, expiresAt, renewable };
}

function textOf(record: SessionRecord, config: NodeConfig): string {
  const { green, bold } = stylesOf("stderr");
  const who = nameOf(sessionOf(record, config).claims);
  return `${green("✓")} The session${who === undefined ? "" : ` of ${bold(who)}`} is imported.`;
}
