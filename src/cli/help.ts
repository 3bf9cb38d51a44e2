/** `--help`, `help` and `--version`. */
import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.js";
import { COMMAND_TEXTS, OPTION_TEXTS } from "./command-table.js";
import { EXIT } from "./failure.js";
import { print, writeToPerson } from "./output.js";
import { broken } from "./terminal.js";
import { CONFIG, type Setting, settingOf, SETTINGS } from "./settings-table.js";

const BEGINNING = `Signs in at an OpenID provider, and gives scripts their access token.

Usage: keystone-auth COMMAND [options]

Commands
`;

const SETTINGS_TITLE = `
Settings: option, variable, key in keystone-auth.json; the first given counts
`;

/** Fits a terminal of 80 columns: a full line wraps. */
const WIDTH = 79;

const OPTION_WIDTH = 22;

const END = `
Exit codes
  0 done                     1 anything else         2 usage or configuration
  3 a person has to sign in, and this call may not ask
  4 the provider refused     5 network or time-out   6 storage or lock
  7 a token or answer did not pass the checks        130 interrupted
  exec gives the command's own code, 128 and the number of the signal that
  ended it, 126 where it cannot be run, and 127 where it was not found.
`;

const text = () => `${BEGINNING}${commandsHelp()}${SETTINGS_TITLE}${settingsHelp()}${optionsHelp()}${END}`;

/** Where nothing is asked for, the help goes to stderr: it must not be taken for a token. */
export async function help({ command, values }: Arguments): Promise<number> {
  if (command === undefined && !values.help && !values.version) {
    writeToPerson(text());
    return EXIT.usage;
  }
  await print(values.version && !values.help ? `${version()}\n` : text());
  return EXIT.ok;
}

function commandsHelp(): string {
  const rows = Object.entries(COMMAND_TEXTS).map(([name, { takes, does }]) => {
    return `  ${[name, takes].filter(Boolean).join(" ").padEnd(18)}${does}\n`;
  });
  return rows.join("");
}

function optionsHelp(): string {
  const rows = Object.entries(OPTION_TEXTS).map(([name, { takes, of, does }]) => {
    const option = `  ${[`--${name}`, takes].filter(Boolean).join(" ")}`;
    const lines = broken(`${of === undefined ? "" : `${of}: `}${does}`, WIDTH - OPTION_WIDTH);
    // What is too long for its column has a line of its own.
    const rows = option.length < OPTION_WIDTH ? lines : ["", ...lines];
    return `${option.padEnd(OPTION_WIDTH)}${rows.join(`\n${" ".repeat(OPTION_WIDTH)}`)}`.replace(/ +$/gm, "") + "\n";
  });
  return `\nOptions\n${rows.join("")}`;
}

/** A long key ends where the line does. */
function row(option: string, variable = "", key = ""): string {
  const before = `  ${option.padEnd(25)} ${variable}`;
  return (before.padEnd(Math.min(59, WIDTH - key.length)) + key).trimEnd();
}

const paragraph = (text: string) => broken(text, WIDTH - 2).map((line) => `  ${line}`);

function settingsHelp(): string {
  const isOfFileAlone = ({ flag, variable, parts }: Setting) => !flag && !variable && !parts;
  const inFile = SETTINGS.filter(isOfFileAlone).map(({ name }) => name);
  return [
    ...SETTINGS.filter((setting) => !isOfFileAlone(setting)).flatMap(rowsOf),
    row(`--${CONFIG.flag} ${CONFIG.takes}`, CONFIG.variable, "(else found upwards)"),
    ...paragraph(`In the file also: ${inFile.join(", ")}.`),
    ...paragraph(`A flow is ${settingOf("flow")?.kind.wanted}.`),
    ...paragraph(`A storage is ${settingOf("storage")?.kind.wanted}.`),
    "",
  ].join("\n");
}

/** A setting, or a row for each flag of its parts. */
function rowsOf(setting: Setting): string[] {
  const { name, variable, isSecret, parts } = setting;
  if (parts === undefined) return [row(optionOf(setting), variable, isSecret ? "" : name)];
  return parts.map((part) => row(optionOf(part), "", `${name}.${part.key}`));
}

function optionOf({ flag, takes, kind }: Pick<Setting, "flag" | "takes" | "kind">): string {
  if (flag === undefined) return "";
  return [`--${flag}`, takes, kind.repeats && "…"].filter((part) => part !== undefined).join(" ");
}

/** From the package that this is a part of. */
export function version(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
