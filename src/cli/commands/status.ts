/** `status`: the settings, where each comes from, and what is stored. It asks nobody, neither a person nor the provider. */
import type { Arguments } from "../arguments.js";
import type { Key } from "../config-keys.js";
import { EXIT } from "../exit-codes.js";
import { print } from "../output.js";
import { nameOf } from "../person.js";
import { type Session, withClient } from "../session.js";
import type { Source } from "../settings.js";
import { directoryOf, readStored, type StoredSession } from "../stored-session.js";
import { stylesOf } from "../style.js";
import { isTerminal } from "../terminals.js";

interface Row {
  readonly name: string;
  readonly value: string | readonly string[] | boolean | number | undefined;
  readonly source: Source;
}

/** Exit code 0 where a token can be had without a person, else 3. */
export function status(args: Arguments): Promise<number> {
  return withClient(args, async (session) => {
    const stored = await readStored(session.client.config);
    const rows = settingsOf(session);
    await print(args.values.json ? jsonOf(rows, session, stored) : textOf(rows, session, stored));
    return stored.usable ? EXIT.ok : EXIT.signInNeeded;
  });
}

function settingsOf({ client, settings }: Session): Row[] {
  const { config } = client;
  const row = (name: Key | "clientSecret", value: Row["value"]): Row => ({
    name,
    value,
    source: settings.sources[name] ?? "default",
  });
  const forced = config.flow === "auth_code" && process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true";
  return [
    row("issuer", config.issuer),
    row("clientId", config.clientId),
    ...(config.clientSecret === undefined ? [] : [row("clientSecret", "(set)")]),
    row("extraScopes", settings.options.extraScopes ?? []),
    row("audiences", config.audiences),
    forced
      ? { name: "flow", value: "device_code", source: "variable CEGAL_KEYSTONE_AUTH_DEVICE_FLOW" }
      : row("flow", config.flow),
    row("storageDirectory", directoryOf(config) ?? "(memory)"),
    ...furtherSettings(settings),
  ];
}

const SHOWN = ["issuer", "clientId", "clientSecret", "extraScopes", "audiences", "flow", "storageDirectory"];

/** Settings without a row of their own, where one is given. */
function furtherSettings({ options, sources }: Session["settings"]): Row[] {
  return Object.entries(sources)
    .filter(([name]) => !SHOWN.includes(name))
    .map(([name, source]) => {
      const value = options[name as Key];
      return { name, value: typeof value === "object" ? JSON.stringify(value) : (value as Row["value"]), source };
    });
}

function textOf(rows: readonly Row[], { settings, client }: Session, stored: StoredSession): string {
  const { dim, green, yellow } = stylesOf(isTerminal.stdout(), process.env);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, value, source }) => {
    const shown = Array.isArray(value) ? value.join(" ") || "(none)" : String(value ?? "(none)");
    return `${name.padEnd(width)}  ${shown}  ${dim(`(${source})`)}`;
  });
  const session = sessionText(stored, client.config.flow === "client_credentials");
  const file = settings.file?.path ?? "(none)";
  return [
    ...lines,
    `${"file".padEnd(width)}  ${file}`,
    `${"session".padEnd(width)}  ${stored.usable ? green(session) : yellow(session)}`,
    "",
  ].join("\n");
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

function jsonOf(rows: readonly Row[], { settings }: Session, stored: StoredSession): string {
  const { claims, expiresAt, secondsLeft, renewable, usable } = stored;
  return `${JSON.stringify({
    settings: Object.fromEntries(rows.map(({ name, value, source }) => [name, { value: value ?? null, source }])),
    file: settings.file?.path ?? null,
    session: {
      usable,
      renewable,
      subject: claims?.sub ?? null,
      expiresAt: expiresAt?.toISOString() ?? null,
      secondsLeft,
    },
  })}\n`;
}
