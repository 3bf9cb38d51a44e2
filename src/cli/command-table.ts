/** What the help and the shells' completion say of the commands and their options. What each is called stands in `arguments.ts`. */
import type { CommandName, OPTIONS } from "./arguments.js";
import type { CONFIG } from "./settings-table.js";

interface CommandText {
  /** Behind the name, in the help. */
  readonly takes?: string;
  readonly does: string;
  /** The words that may follow it. */
  readonly words?: readonly string[];
}

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

// In the order of the help.
export const COMMAND_TEXTS: Readonly<Record<CommandName, CommandText>> = {
  login: { does: "sign in now" },
  import: { does: "begin a session by a refresh token that stdin gives" },
  token: { does: "print the access token: stored, renewed, or after a sign-in" },
  header: { does: 'print it as a line "Authorization: Bearer TOKEN"' },
  whoami: { does: "say who is signed in" },
  list: { does: "show all stored sessions, of every client" },
  logout: { does: "delete the session here, and revoke it at the provider" },
  status: { does: "show the settings, where each comes from, and the session" },
  doctor: { does: "check what a sign-in needs, in a report for a ticket" },
  init: { does: "ask for the settings, check them, write keystone-auth.json" },
  exec: { takes: "-- COMMAND", does: "run a command with the token in its environment" },
  "git-credential": { does: "answer git's credential requests (get, store, erase)", words: ["get", "store", "erase"] },
  completion: { takes: "SHELL", does: `print the completion for ${SHELLS.join(", ")}`, words: SHELLS },
  help: { does: "show this" },
};

interface OptionText {
  readonly takes?: string;
  readonly does: string;
  /** What the help names before it: the commands that have it, where not all do. */
  readonly of?: string;
}

type OptionName = Exclude<keyof typeof OPTIONS, (typeof CONFIG)["flag"]>;

/** The options that are no settings. */
export const OPTION_TEXTS: Readonly<Record<OptionName, OptionText>> = {
  json: { does: "results, and errors on stderr, as JSON" },
  "non-interactive": {
    does: "ask nobody; exit code 3 where a sign-in is needed (or CEGAL_KEYSTONE_NON_INTERACTIVE=true)",
  },
  "acr-values": { takes: "ACR", of: "login", does: "how the person has to sign in" },
  "force-refresh": { of: "token, header, exec", does: "renew a token that has time left" },
  "id-token": { of: "token", does: "print the ID Token instead, with its own expiry" },
  "exec-credential": { of: "token", does: "print an ExecCredential for kubectl" },
  "token-file": { of: "exec", does: "keep the token in a file that is renewed while the command runs" },
  env: { takes: "NAME", of: "exec", does: "the variable that gets the token [KEYSTONE_ACCESS_TOKEN]" },
  "from-shared-database": { of: "import", does: "take the one of the Python tools' database" },
  all: { of: "logout", does: "end every stored session" },
  local: { of: "logout", does: "leave the provider alone" },
  "provider-session": { of: "logout", does: "end the provider's own session too, in the browser" },
  host: { takes: "HOST …", of: "git-credential", does: "the hosts that may get the token" },
  username: { takes: "NAME", of: "git-credential", does: "the user name beside it [oauth2]" },
  verbose: { does: "say on stderr what is done (-v)" },
  help: { does: "show this (-h)" },
  version: { does: "show the version" },
};
