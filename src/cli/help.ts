/** `--help`, `help` and `--version`. */
import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.js";
import { COMMAND_TEXTS, OPTION_TEXTS } from "./command-table.js";
import { EXIT } from "./failure.js";
import { print, writeToPerson } from "./output.js";
import { CONFIG, type Setting, settingOf, SETTINGS } from "./settings-table.js";

const BEGINNING = `Signs in at an OpenID provider, and gives scripts their access token.

Usage: keystone-auth COMMAND [options]

Commands
`;

const SETTINGS_TITLE = `
Settings (option, environment variable, key in keystone-auth.json; the first that is given counts)
`;

const END = `
Exit codes
  0 done   1 anything else   2 usage or configuration   3 sign-in needed and not allowed
  4 the provider refused     5 network or time-out      6 storage or lock
  7 a token or answer did not pass the checks           130 interrupted
  exec gives the command's own code, 128 and the number of the signal that ended it,
  126 where it cannot be run, and 127 where it was not found.
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
    const option = [`--${name}`, takes].filter(Boolean).join(" ");
    return `  ${option.padEnd(20)}${of === undefined ? "" : `${of}: `}${does}\n`;
  });
  return `\nOptions\n${rows.join("")}`;
}

const row = (option: string, variable = "", key = "") => `  ${option.padEnd(26)}${variable.padEnd(34)}${key}`.trimEnd();

function settingsHelp(): string {
  const isOfFileAlone = ({ flag, variable, parts }: Setting) => !flag && !variable && !parts;
  const inFile = SETTINGS.filter(isOfFileAlone).map(({ name }) => name);
  return [
    ...SETTINGS.filter((setting) => !isOfFileAlone(setting)).flatMap(rowsOf),
    row(`--${CONFIG.flag} ${CONFIG.takes}`, CONFIG.variable, "(else found in this directory or above it)"),
    // As lines of at most 100 characters.
    `In the file also: ${inFile.join(", ")}.\n`.replace(/(.{1,98})\s/g, "  $1\n").trimEnd(),
    `  A flow is ${settingOf("flow")?.kind.wanted}.`,
    `  A storage is ${settingOf("storage")?.kind.wanted}.`,
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
