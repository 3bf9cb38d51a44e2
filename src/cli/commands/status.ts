/** `status`: the settings, where each is set, and what is stored. It asks nobody, neither a person nor the provider. */
import type { Arguments } from "../arguments.js";
import { type CommandRun, withClient } from "../command-run.js";
import { EXIT } from "../exit-codes.js";
import { print } from "../output.js";
import type { Place, Settings } from "../settings.js";
import { SETTINGS } from "../settings-table.js";
import { directoryOf, nameOf, readStored, type StoredSession } from "../stored-session.js";
import { stylesOf } from "../terminal.js";

interface Row {
  readonly name: string;
  readonly value: string | boolean | number | object;
  readonly place: Place;
}

/** Exit code 0 where a token can be had without a person, else 3. */
export function status(args: Arguments): Promise<number> {
  return withClient(args, async (run) => {
    const stored = await readStored(run.client.config);
    const rows = rowsOf(run);
    await print(args.values.json ? jsonOf(rows, run.settings, stored) : textOf(rows, run, stored));
    return stored.usable ? EXIT.ok : EXIT.signInNeeded;
  });
}

/** The settings of the table, as the client uses them. */
function rowsOf({ client, settings }: CommandRun): Row[] {
  const { config } = client;
  const { issuer, audiences, flow } = config;
  const storageDirectory = directoryOf(config) ?? "(memory)";
  const used = { extraScopes: [], ...settings.options, issuer, audiences, flow, storageDirectory };
  const shown = SETTINGS.filter(({ name, status: when }) => when === "always" || settings.places[name] !== undefined);
  const isForced = flow === "auth_code" && process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true";
  return shown.map(({ name, isSecret }) => {
    if (name === "flow" && isForced)
      return { name, value: "device_code", place: "variable CEGAL_KEYSTONE_AUTH_DEVICE_FLOW" };
    return { name, value: isSecret ? "(set)" : (used[name] ?? "(none)"), place: settings.places[name] ?? "default" };
  });
}

function textOf(rows: readonly Row[], { settings, client }: CommandRun, stored: StoredSession): string {
  const { dim, green, yellow } = stylesOf("stdout");
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, value, place }) => `${name.padEnd(width)}  ${shown(value)}  ${dim(`(${place})`)}`);
  const session = sessionText(stored, client.config.flow === "client_credentials");
  const file = settings.file?.path ?? "(none)";
  return [
    ...lines,
    `${"file".padEnd(width)}  ${file}`,
    `${"session".padEnd(width)}  ${stored.usable ? green(session) : yellow(session)}`,
    "",
  ].join("\n");
}

function shown(value: Row["value"]): string {
  if (Array.isArray(value)) return value.join(" ") || "(none)";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function sessionText({ claims, expiresAt, secondsLeft, renewable }: StoredSession, asProgram: boolean): string {
  const who = nameOf(claims);
  const signedIn = who === undefined ? "signed in" : `signed in as ${who}`;
  if (secondsLeft > 0)
    return `${signedIn}; the access token is valid for ${duration(secondsLeft)}${renewable ? ", and can be renewed" : ""}`;
  if (renewable) return `${signedIn}; the next call renews the access token`;
  if (asProgram) return "the next call signs in as the program itself";
  return expiresAt === undefined
    ? "nobody is signed in"
    : `${signedIn}, but the access token has expired: sign in again`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function jsonOf(rows: readonly Row[], { file }: Settings, stored: StoredSession): string {
  const { claims, expiresAt, secondsLeft, renewable, usable } = stored;
  return `${JSON.stringify({
    settings: Object.fromEntries(
      rows.map(({ name, value, place }) => [name, { value: jsonValue(value), source: place }]),
    ),
    file: file?.path ?? null,
    session: {
      usable,
      renewable,
      subject: claims?.sub ?? null,
      expiresAt: expiresAt?.toISOString() ?? null,
      secondsLeft,
    },
  })}\n`;
}

/** An object is shown as its text, a list as itself. */
function jsonValue(value: Row["value"]): unknown {
  return typeof value === "object" && !Array.isArray(value) ? shown(value) : value;
}
