/** `doctor`: checks what a sign-in needs, and says what to do, in a report that can be pasted into a ticket. */
import { realpathSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isKeystoneAuthError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { oneLine } from "../../options/log.js";
import type { Arguments } from "../arguments.js";
import { certificatesFinding, proxyFinding, readWay, redirectFinding } from "../doctor/machine-checks.js";
import { askProvider, deviceFinding } from "../doctor/provider-checks.js";
import { failed, type Finding, type LocalUser, ok, redact, reportJson, reportText, warning } from "../doctor/report.js";
import { keychainFinding, storageFindings } from "../doctor/storage-checks.js";
import { EXIT, exitCodeOf } from "../failure.js";
import { version } from "../help.js";
import { print } from "../output.js";
import { configOf, readSettings, type Settings } from "../settings.js";
import { stylesOf } from "../terminal.js";
import { Waiting } from "../waiting.js";

/** Exit code 0 where no check failed, else that of the first one that did. */
export async function doctor({ values }: Arguments): Promise<number> {
  const waiting = new Waiting(false);
  waiting.begin("Checking");
  const findings = await examine(values).finally(() => waiting.end());
  const versions = { keystoneAuth: version(), node: process.version, platform: `${process.platform} ${process.arch}` };
  const user = readLocalUser();
  // Every text of the report, whatever it came from.
  const shown = (text: string) => redact(oneLine(text, 2000), user);
  const checks = Object.entries(findings).map(([name, finding]) => {
    const { found, todo } = finding;
    return { name, ...finding, found: shown(found), todo: todo === undefined ? undefined : shown(todo) };
  });
  const report = { versions, checks };
  await print(values.json ? reportJson(report) : reportText(report, stylesOf("stdout")));
  return checks.find(({ state }) => state === "failed")?.exitCode ?? EXIT.ok;
}

async function examine(values: Arguments["values"]): Promise<Readonly<Record<string, Finding>>> {
  const { env } = process;
  const { config, finding } = examineSettings(values);
  return {
    settings: finding,
    ...(config && (await examineConfigured(config))),
    keychain: await keychainFinding(),
    proxy: proxyFinding(env, process.version, process.execArgv),
    certificates: certificatesFinding(env),
  };
}

function examineSettings(values: Arguments["values"]): { finding: Finding; config?: NodeConfig } {
  try {
    const settings = readSettings(values, process.env);
    const config = configOf(settings, {});
    const text = settingsText(config, settings);
    const { warnings } = settings;
    return { config, finding: warnings.length === 0 ? ok(text) : warning(text, warnings.join(" ")) };
  } catch (error) {
    const message = isKeystoneAuthError(error) ? error.message : "they cannot be read";
    return { finding: failed(exitCodeOf(error), message) };
  }
}

async function examineConfigured(config: NodeConfig): Promise<Readonly<Record<string, Finding>>> {
  const { metadata, discovery, clock } = await askProvider(config);
  const way = readWay(config.flow);
  return {
    discovery,
    clock,
    browser: way.browser,
    redirect: await redirectFinding(config, way.loopback),
    "device flow": deviceFinding(metadata, way.device),
    ...(await storageFindings(config)),
  };
}

function settingsText(config: NodeConfig, { places, file }: Settings): string {
  const secret = config.clientSecret === undefined ? "" : " with a secret";
  const scopes = config.scopes.join(" ") || "none";
  const isSetBy = (kind: string) => Object.values(places).some((place) => place.startsWith(kind));
  const from = [isSetBy("option ") && "the command line", isSetBy("variable ") && "the environment", file?.path];
  const named = from.filter(Boolean).join(" and ");
  return `client ${config.clientId}${secret}, flow ${config.flow}, scopes ${scopes} (from ${named})`;
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
  return { homes: [...homes].filter((home) => home.length > 1), user };
}
