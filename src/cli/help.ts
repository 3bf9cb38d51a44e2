/** `--help`, `help` and `--version`. */
import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.js";
import { EXIT } from "./failure.js";
import { print, writeToPerson } from "./output.js";
import { CONFIG, type Setting, settingOf, SETTINGS } from "./settings-table.js";

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
  const text = values.version && !values.help ? `${version()}\n` : `${COMMANDS}${settingsHelp()}${OPTIONS}`;
  if (command === undefined && !values.help && !values.version) {
    writeToPerson(text);
    return EXIT.usage;
  }
  await print(text);
  return EXIT.ok;
}

function settingsHelp(): string {
  const row = (option: string, variable = "", key = "") =>
    `  ${option.padEnd(26)}${variable.padEnd(27)}${key}`.trimEnd();
  const isOfFileAlone = ({ flag, variable }: Setting) => flag === undefined && variable === undefined;
  const inFile = SETTINGS.filter(isOfFileAlone).map(({ name }) => name);
  return [
    ...SETTINGS.filter((setting) => !isOfFileAlone(setting)).map((setting) =>
      row(optionOf(setting), setting.variable, setting.isSecret ? "" : setting.name),
    ),
    row(`--${CONFIG.flag} ${CONFIG.takes}`, CONFIG.variable, "(else found in this directory or above it)"),
    // As lines of at most 100 characters.
    `In the file also: ${inFile.join(", ")}.\n`.replace(/(.{1,98})\s/g, "  $1\n").trimEnd(),
    `  A flow is ${settingOf("flow")?.kind.wanted}.`,
    "",
  ].join("\n");
}

function optionOf({ flag, takes, kind }: Setting): string {
  if (flag === undefined) return "";
  return [`--${flag}`, takes, kind.repeats && "…"].filter((part) => part !== undefined).join(" ");
}

/** From the package that this is a part of. */
export function version(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
