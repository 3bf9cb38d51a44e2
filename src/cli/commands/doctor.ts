/** `doctor`: the client's diagnosis in a terminal, with what belongs to the command alone, in a report that can be pasted into a ticket. */
import { realpathSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { checkWithin, type Diagnosis, diagnosisOf, problemOf } from "../../client/diagnosis.js";
import { systemClock } from "../../clock.js";
import { isKeystoneAuthError } from "../../errors.js";
import { environmentChecks } from "../../node/diagnosis/program.js";
import type { NodeConfig } from "../../options/config.js";
import { oneLine } from "../../options/log.js";
import type { Arguments } from "../arguments.js";
import { CommandClient } from "../command-run.js";
import { exitCodeOfReport, type Line, type LocalUser, redact, reportJson, reportText } from "../doctor/report.js";
import { exitCodeOf } from "../failure.js";
import { version } from "../help.js";
import { print } from "../output.js";
import { configOf, readSettings, type Settings } from "../settings.js";
import { isTerminal, stylesOf } from "../terminal.js";
import { Waiting } from "../waiting.js";

/** A doctor is not waited for as long as a sign-in is. */
const MOST_SECONDS = 10;

/** Exit code 0 where no check failed, else that of the first one that did. */
export async function doctor({ values }: Arguments): Promise<number> {
  const waiting = new Waiting(false);
  waiting.begin("Checking");
  const found = await examine(values).finally(() => waiting.end());
  const versions = { keystoneAuth: version(), node: process.version, platform: `${process.platform} ${process.arch}` };
  const user = readLocalUser();
  // Every text of the report, whatever it came from.
  const shown = (text: string) => redact(oneLine(text, 2000), user);
  const lines = found.map(({ advice, ...line }) => ({
    ...line,
    message: shown(line.message),
    ...(advice !== undefined && { advice: shown(advice) }),
  }));
  const report = { versions, lines };
  // A terminal that does not know its width says 0.
  const columns = isTerminal.stdout() ? process.stdout.columns || 80 : undefined;
  await print(values.json ? reportJson(report) : reportText(report, stylesOf("stdout"), columns));
  return exitCodeOfReport(lines);
}

async function examine(values: Arguments["values"]): Promise<readonly Line[]> {
  const { config, line } = examineSettings(values);
  if (config !== undefined) return [line, ...(await diagnose(config))];
  const run = checkWithin(systemClock, MOST_SECONDS * 1000);
  return [line, ...(await diagnosisOf(environmentChecks(run)))];
}

async function diagnose(config: NodeConfig): Promise<Diagnosis> {
  const client = new CommandClient(config, () => {});
  try {
    return await client.diagnose();
  } finally {
    await client.close();
  }
}

function examineSettings(values: Arguments["values"]): { line: Line; config?: NodeConfig } {
  const check = "settings";
  try {
    const settings = readSettings(values, process.env);
    const { warnings, options } = settings;
    const requestTimeoutSeconds = Math.min(options.requestTimeoutSeconds ?? MOST_SECONDS, MOST_SECONDS);
    const config = configOf(settings, { requestTimeoutSeconds });
    const message = settingsText(config, settings);
    if (warnings.length === 0) return { config, line: { check, outcome: "ok", message } };
    return { config, line: { check, outcome: "warning", message, advice: warnings.join(" ") } };
  } catch (error) {
    const message = isKeystoneAuthError(error) ? problemOf(error) : "They cannot be read.";
    return { line: { check, outcome: "failed", message, exitCode: exitCodeOf(error) } };
  }
}

function settingsText(config: NodeConfig, { places, file }: Settings): string {
  const secret = config.clientSecret === undefined ? "" : " with a secret";
  const scopes = config.scopes.join(" ") || "none";
  const isSetBy = (kind: string) => Object.values(places).some((place) => place.startsWith(kind));
  const from = [isSetBy("option ") && "the command line", isSetBy("variable ") && "the environment", file?.path];
  const named = from.filter(Boolean).join(" and ");
  return `Client ${config.clientId}${secret}, flow ${config.flow}, scopes ${scopes} (from ${named}).`;
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
