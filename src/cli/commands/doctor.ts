/** `doctor`: checks what a sign-in needs, and says what to do, in a report that can be pasted into a ticket. */
import { realpathSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isKeystoneAuthError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { oneLine } from "../../options/log.js";
import type { Arguments } from "../arguments.js";
import { certificatesFinding, proxyFinding, readWay, redirectFinding } from "../doctor/machine-checks.js";
import { askProvider, deviceFinding } from "../doctor/provider-checks.js";
import {
  type Check,
  failed,
  type Finding,
  isHealthy,
  type LocalUser,
  mapTexts,
  ok,
  redact,
  type Report,
  reportJson,
  reportText,
  warning,
} from "../doctor/report.js";
import { keychainFinding, lockFinding, sessionFinding, storageFinding } from "../doctor/storage-checks.js";
import { EXIT, exitCodeOf } from "../exit-codes.js";
import { version } from "../help.js";
import { print } from "../output.js";
import { configOf, readSettings, type Settings } from "../settings.js";
import type { Env } from "../settings-table.js";
import { stylesOf } from "../terminal.js";
import { Waiting } from "../waiting.js";

/** Exit code 0 where no check failed, else that of the first one that did. */
export async function doctor(args: Arguments): Promise<number> {
  const waiting = new Waiting(false);
  waiting.begin("Checking");
  let checks: readonly Check[];
  try {
    checks = await examine(args);
  } finally {
    waiting.end();
  }
  const versions = { keystoneAuth: version(), node: process.version, platform: `${process.platform} ${process.arch}` };
  const user = readLocalUser();
  const report: Report = mapTexts({ versions, checks }, (text) => redact(oneLine(text, 2000), user));
  await print(args.values.json ? reportJson(report) : reportText(report, stylesOf("stdout")));
  if (isHealthy(report)) return EXIT.ok;
  return checks.find(({ state }) => state === "failed")?.exitCode ?? EXIT.other;
}

async function examine({ values }: Arguments): Promise<Check[]> {
  const { env } = process;
  const found: Record<string, Finding> = {};
  let config: NodeConfig | undefined;
  try {
    const settings = readSettings(values, env);
    config = configOf(settings, env, {});
    const text = settingsText(config, settings);
    found.settings = settings.warnings.length === 0 ? ok(text) : warning(text, settings.warnings.join(" "));
  } catch (error) {
    const message = isKeystoneAuthError(error) ? error.message : "they cannot be read";
    found.settings = failed(exitCodeOf(error), message);
  }
  if (config !== undefined) Object.assign(found, await examineConfigured(config, env));
  found.keychain = await keychainFinding();
  found.proxy = proxyFinding(env, process.version, process.execArgv);
  found.certificates = certificatesFinding(env);
  return Object.entries(found).map(([name, finding]) => ({ name, ...finding }));
}

async function examineConfigured(config: NodeConfig, env: Env): Promise<Record<string, Finding>> {
  const { metadata, discovery, clock } = await askProvider(config);
  const way = readWay(config.flow, env);
  return {
    discovery,
    clock,
    browser: way.browser,
    redirect: await redirectFinding(config, way.loopback),
    "device flow": deviceFinding(metadata, way.device),
    storage: await storageFinding(config),
    session: await sessionFinding(config),
    lock: await lockFinding(config),
  };
}

function settingsText(config: NodeConfig, { places, file }: Settings): string {
  const secret = config.clientSecret === undefined ? "" : " with a secret";
  const scopes = config.scopes.join(" ") || "none";
  const all = Object.values(places);
  const from = [
    ...(all.some((place) => place.startsWith("option ")) ? ["the command line"] : []),
    ...(all.some((place) => place.startsWith("variable ")) ? ["the environment"] : []),
    ...(file === undefined ? [] : [file.path]),
  ];
  return `client ${config.clientId}${secret}, flow ${config.flow}, scopes ${scopes} (from ${from.join(" and ")})`;
}

function readLocalUser(): LocalUser {
  const homes = new Set<string>();
  let user: string | undefined;
  try {
    homes.add(homedir());
    homes.add(realpathSync(homedir()));
    ({ username: user } = userInfo());
  } catch {
    // A user that is in no user database.
  }
  return { homes: [...homes].filter((home) => home !== "/"), user };
}
