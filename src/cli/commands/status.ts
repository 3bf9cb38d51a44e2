/**
 * `status` and `whoami`: the settings, and who is signed in by what is stored. They ask no person; `whoami` asks the provider where
 * the ID Token names nobody.
 */
import { LoginRequiredError } from "../../errors.js";
import type { Arguments } from "../arguments.js";
import { type CommandRun, withClient } from "../command-run.js";
import { EXIT } from "../failure.js";
import { type Setting, type SettingName, SETTINGS } from "../settings-table.js";
import { setIn } from "../../node/token-directory.js";
import type { NodeConfig } from "../../options/config.js";
import { quoted } from "../../options/log.js";
import { missingClaim } from "../../options/required-claims.js";
import { accessTokenOf, type IdTokenClaims } from "../../token-set.js";
import {
  accessTokenClaimsOf,
  duration,
  isNamed,
  isShared,
  nameOf,
  placeOf,
  publicClaims,
  readStored,
  storedAccessToken,
  type StoredSession,
  textOf,
} from "../stored-session.js";
import { stylesOf } from "../terminal.js";

/** Exit code 0 where a token can be had without a person, 7 where the stored one lacks a claim, else 3. */
export function status(args: Arguments): Promise<number> {
  return withClient(args, async (run) => {
    const stored = await readStored(run.client.config);
    const lacks = await missingIn(run.client.config);
    await run.print(await (args.values.json ? statusJson : statusText)(run, stored, lacks));
    if (lacks !== undefined) return EXIT.validation;
    return stored.usable ? EXIT.ok : EXIT.signInNeeded;
  });
}

/** The name of the required claim that the stored access token lacks. */
async function missingIn(config: NodeConfig): Promise<string | undefined> {
  if (Object.keys(config.requiredClaims).length === 0) return undefined;
  const token = await storedAccessToken(config);
  return token === undefined ? undefined : missingClaim(token, config.requiredClaims);
}

/** The settings as the client uses them: those that flags and variables can set in any case, the others where they are set. */
async function rowsOf({ client: { config }, settings: { options, places, noBrowser } }: CommandRun) {
  const isForced = config.flow === "auth_code" && process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true";
  const { issuer, audiences } = config;
  const place = await placeOf(config);
  const kept = isShared(config) ? "sharedDatabase" : "storageDirectory";
  const isByVariable =
    isShared(config) && options.sharedDatabase === undefined && setIn(process.env, "CEGAL_KEYSTONE_AUTH_DB");
  const flow = isForced ? "device_code" : config.flow;
  const used: Readonly<Partial<Record<SettingName, unknown>>> = {
    extraScopes: [],
    ...options,
    issuer,
    audiences,
    flow,
    [kept]: typeof place === "string" ? place : "(memory)",
    noBrowser,
  };
  const from = {
    ...places,
    ...(isForced && { flow: "variable CEGAL_KEYSTONE_AUTH_DEVICE_FLOW" }),
    ...(isByVariable && { sharedDatabase: "variable CEGAL_KEYSTONE_AUTH_DB" }),
  };
  const isUsual = ({ name, flag, variable }: Setting) =>
    name === kept || (name !== "storageDirectory" && flag !== undefined && variable !== undefined);
  const shown = SETTINGS.filter((setting) => isUsual(setting) || places[setting.name] !== undefined);
  return shown.map(({ name, isSecret }) => {
    const value = isSecret ? "(set)" : (used[name] ?? "(none)");
    // A list is shown as it is, another object as its text.
    const isObject = typeof value === "object" && !Array.isArray(value);
    return { name, value: isObject ? JSON.stringify(value) : value, place: from[name] ?? "default" };
  });
}

async function statusText(run: CommandRun, stored: StoredSession, lacks: string | undefined): Promise<string> {
  const { dim, green, yellow } = stylesOf("stdout");
  const rows = await rowsOf(run);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, text: string) => `${name.padEnd(width)}  ${text}`;
  const shown = (value: unknown) => (Array.isArray(value) ? value.join(" ") || "(none)" : String(value));
  const missing = lacks === undefined ? "" : `; the account lacks the claim ${quoted(lacks)}, which is required`;
  const session = `${sessionText(stored, run.client.config.flow === "client_credentials")}${missing}`;
  return [
    ...rows.map(({ name, value, place }) => line(name, `${shown(value)}  ${dim(`(${place})`)}`)),
    line("file", run.settings.file?.path ?? "(none)"),
    line("session", stored.usable && lacks === undefined ? green(session) : yellow(session)),
    "",
  ].join("\n");
}

function sessionText({ claims, expiresAt, secondsLeft, renewable }: StoredSession, asProgram: boolean): string {
  const who = nameOf(claims);
  const signedIn = who === undefined ? "signed in" : `signed in as ${who}`;
  const more = renewable ? ", and can be renewed" : "";
  if (secondsLeft > 0) return `${signedIn}; the access token is valid for ${duration(secondsLeft)}${more}`;
  if (renewable) return `${signedIn}; the next call renews the access token`;
  if (asProgram) return "the next call signs in as the program itself";
  if (expiresAt === undefined) return "nobody is signed in";
  return `${signedIn}, but the access token has expired: sign in again`;
}

async function statusJson(run: CommandRun, stored: StoredSession, lacks: string | undefined): Promise<string> {
  const { claims, expiresAt, secondsLeft, renewable, usable } = stored;
  const rows = await rowsOf(run);
  const settings = Object.fromEntries(rows.map(({ name, value, place: source }) => [name, { value, source }]));
  const file = run.settings.file?.path ?? null;
  const session = { usable, renewable, subject: claims?.sub ?? null, expiresAt: expiresAt ?? null, secondsLeft };
  return `${JSON.stringify({ settings, file, session: { ...session, lacks: lacks ?? null } })}\n`;
}

export function whoami(args: Arguments): Promise<number> {
  return withClient(args, async (run) => {
    const stored = await readStored(run.client.config);
    if (!stored.usable) throw new LoginRequiredError("no_session", "Nobody is signed in.");
    const named = { ...stored, claims: await namedClaims(run, stored.claims) };
    await run.print(args.values.json ? whoamiJson(run, named) : whoamiText(run, named));
    return EXIT.ok;
  });
}

/** With what the UserInfo endpoint says, where the ID Token names nobody: many providers keep its name there. */
async function namedClaims(
  { client }: CommandRun,
  claims: IdTokenClaims | undefined,
): Promise<IdTokenClaims | undefined> {
  if (claims === undefined || isNamed(claims)) return claims;
  // Whoever cannot be asked for it is shown as before.
  const info = await client.getUserInfo({ interaction: "never" }).catch(() => ({}));
  return { ...info, ...claims };
}

function whoamiText({ client: { config } }: CommandRun, { claims }: StoredSession): string {
  const { bold, dim } = stylesOf("stdout");
  const person = () => nameOf(claims) ?? "somebody whom the provider does not name";
  const who = config.flow === "client_credentials" ? `the program ${config.clientId}` : person();
  const details = { name: textOf(claims?.name), email: textOf(claims?.email), subject: textOf(claims?.sub) };
  const rows = Object.entries({ ...details, issuer: config.issuer, client: config.clientId });
  const lines = rows.filter(([, value]) => value !== undefined && value !== who);
  return [bold(who), ...lines.map(([name, value]) => `${dim(name.padEnd(7))}  ${value}`), ""].join("\n");
}

function whoamiJson({ client }: CommandRun, { record, claims, expiresAt, renewable }: StoredSession): string {
  const { issuer, clientId } = client.config;
  const { scopes = [], audiences = [] } = accessTokenOf(record) ?? {};
  return `${JSON.stringify({
    subject: claims?.sub ?? null,
    name: nameOf(claims) ?? null,
    issuer,
    clientId,
    scopes,
    audiences,
    expiresAt: expiresAt ?? null,
    renewable,
    claims: claims === undefined ? null : publicClaims(claims),
    accessTokenClaims: accessTokenClaimsOf(record) ?? null,
  })}\n`;
}
