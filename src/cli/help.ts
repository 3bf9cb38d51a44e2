/** `--help`, `help` and `--version`. */
import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.js";
import { EXIT } from "./exit-codes.js";
import { print, writeToPerson } from "./output.js";
import { CONFIG, type Setting, SETTINGS } from "./settings-table.js";

const COMMANDS = `Signs in at an OpenID provider, and gives scripts their access token.

Usage: keystone-auth COMMAND [options]

Commands
  login             sign in now
  token             print the access token: stored, renewed, or after a sign-in
  header            print it as a line "Authorization: Bearer TOKEN"
  whoami            say who is signed in
  logout            delete the session here, and revoke it at the provider
  status            show the settings, where each comes from, and the session
  doctor            check what a sign-in needs, in a report for a ticket
  exec -- COMMAND   run a command with the token in its environment
  git-credential    answer git's credential requests (get, store, erase)
  help              show this

Settings (option, environment variable, key in keystone-auth.json; the first that is given counts)
`;

const OPTIONS = `
Options
  --json              results, and errors on stderr, as JSON
  --non-interactive   ask nobody; exit code 3 where a sign-in is needed (or CEGAL_KEYSTONE_NON_INTERACTIVE=true)
  --force-refresh     token, header, exec: renew a token that has time left
  --exec-credential   token: print an ExecCredential for kubectl
  --env NAME          exec: the variable that gets the token [KEYSTONE_ACCESS_TOKEN]
  --local             logout: leave the provider alone
  --provider-session  logout: end the provider's own session too, in the browser
  --host HOST …       git-credential: the hosts that may get the token
  --username NAME     git-credential: the user name beside it [oauth2]
  -v, --verbose       say on stderr what is done
  -h, --help; --version

Exit codes
  0 done   1 anything else   2 usage or configuration   3 sign-in needed and not allowed
  4 the provider refused     5 network or time-out      6 storage or lock
  7 a token or answer did not pass the checks           130 interrupted
  exec gives the command's own code, 128 and the number of the signal that ended it,
  126 where it cannot be run, and 127 where it was not found.
`;

/** Where nothing is asked for, the help goes to stderr: it must not be taken for a token. */
export async function help({ command, values }: Arguments): Promise<number> {
  if (values.version && !values.help) {
    await print(`${version()}\n`);
    return EXIT.ok;
  }
  const text = `${COMMANDS}${settingsHelp()}${OPTIONS}`;
  if (command === undefined && !values.help) {
    writeToPerson(text);
    return EXIT.usage;
  }
  await print(text);
  return EXIT.ok;
}

function settingsHelp(): string {
  const row = (flag: string, variable: string, key: string) =>
    `  ${flag.padEnd(26)}${variable.padEnd(27)}${key}`.trimEnd();
  const rows = SETTINGS.filter(({ flag, variable }) => flag !== undefined || variable !== undefined);
  const others = SETTINGS.filter((setting) => !rows.includes(setting));
  return [
    ...rows.map((setting) => row(flagText(setting), setting.variable ?? "", setting.isSecret ? "" : setting.name)),
    row(flagText(CONFIG), CONFIG.variable, "(else found in this directory or above it)"),
    ...linesOf(`In the file also: ${others.map(({ name }) => name).join(", ")}.`, 100),
    ...SETTINGS.filter(({ name }) => name === "flow").map(({ kind }) => `  A flow is ${kind.wanted}.`),
    "",
  ].join("\n");
}

function flagText({ flag, takes, kind }: Pick<Setting, "flag" | "takes"> & Partial<Pick<Setting, "kind">>): string {
  if (flag === undefined) return "";
  return [`--${flag}`, ...(takes === undefined ? [] : [takes]), ...(kind?.repeats ? ["…"] : [])].join(" ");
}

/** A sentence as indented lines of at most `width` characters. */
function linesOf(sentence: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const longer = `${lines.at(-1) ?? " "} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines;
}

/** From the package that this is a part of. */
export function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return text;
}
