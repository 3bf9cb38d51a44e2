/** `--help` and `--version`. */
import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.js";
import { print } from "./output.js";

const HELP = `Signs in at an OpenID provider, and gives scripts their access token.

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

Settings (option, environment variable, key in keystone-auth.json; the first that is given counts)
  --issuer URL              CEGAL_KEYSTONE_URL         issuer
  --client-id ID            CEGAL_KEYSTONE_CLIENT_ID   clientId
  --scope SCOPE …           CEGAL_KEYSTONE_SCOPES      extraScopes
  --audience AUDIENCE …     CEGAL_KEYSTONE_AUDIENCES   audiences
  --flow FLOW               CEGAL_KEYSTONE_FLOW        flow
  --storage-directory DIR   CEGAL_KEYSTONE_AUTH_DIR    storageDirectory
  --min-validity SECONDS                               minValiditySeconds
  --login-timeout SECONDS                              loginTimeoutSeconds
  --allow-insecure-loopback                            allowInsecureLoopback
                            CEGAL_KEYSTONE_CLIENT_SECRET
  --config FILE             CEGAL_KEYSTONE_CONFIG      (else found in this directory or above it)
  A flow is auth_code, auth_code_no_fallback, device_code or client_credentials.

Options
  --json              results, and errors on stderr, as JSON
  --non-interactive   ask nobody; exit code 3 where a sign-in is needed (or CEGAL_KEYSTONE_NON_INTERACTIVE=true)
  --force-refresh     token, header, exec: renew a token that has time left
  --exec-credential   token: print an ExecCredential for kubectl
  --env NAME          exec: the variable that gets the token [KEYSTONE_ACCESS_TOKEN]
  --local             logout: tell the provider nothing
  --provider-session  logout: end the provider's own session too, in the browser
  --host HOST …       git-credential: the hosts that may get the token
  --username NAME     git-credential: the user name beside it [oauth2]
  -v, --verbose       tell on stderr what is done
  -h, --help; --version

Exit codes
  0 done   1 anything else   2 usage or configuration   3 sign-in needed and not allowed
  4 the provider refused     5 network or time-out      6 storage or lock
  7 a token or answer did not pass the checks           130 interrupted
  exec gives the command's own code, 128 and the number of the signal that ended it,
  126 where it cannot be run, and 127 where it was not found.
`;

export async function help({ values }: Arguments): Promise<number> {
  await print(values.version && !values.help ? `${version()}\n` : HELP);
  return 0;
}

/** From the package that this is a part of. */
export function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return text;
}
