/** `logout`: the session goes here first, whatever the provider does; then the provider is told. */
import type { KeystoneAuthError } from "../../errors.js";
import type { SignOutResult } from "../../client/sign-out.js";
import type { Arguments } from "../arguments.js";
import { EXIT, exitCodeOf } from "../exit-codes.js";
import { failureOf } from "../failure.js";
import { print, tell } from "../output.js";
import { withClient } from "../session.js";
import { stylesOf } from "../style.js";
import { isTerminal } from "../terminals.js";

/** The exit code is that of the first thing that failed: a token that was not revoked is still good. */
export function logout(args: Arguments): Promise<number> {
  return withClient(args, async ({ client, call, release }) => {
    const { local, json } = args.values;
    const providerSession = args.values["provider-session"] === true;
    const result = await client.signOut({ local: local === true, providerSession, signal: call.signal });
    release();
    const [failure] = result.errors;
    const exitCode = failure === undefined ? EXIT.ok : exitCodeOf(failure);
    if (json) await print(jsonOf(result, exitCode));
    else tell(textOf(result, failure));
    return exitCode;
  });
}

function textOf({ revocation, providerSession }: SignOutResult, failure: KeystoneAuthError | undefined): string {
  const { green, yellow } = stylesOf(isTerminal.stderr(), process.env);
  if (failure !== undefined) return `${yellow("!")} Not all of the sign-out could be done. ${failure.message}\n`;
  const revoked = {
    done: " The provider has revoked the tokens.",
    failed: " The provider could not be told.",
    unsupported: " The provider cannot revoke tokens: the access token is good until it expires.",
    skipped: "",
  }[revocation];
  const page = {
    ended: " Its page for the sign-out was opened in the browser.",
    failed: " Its page for the sign-out could not be opened.",
    unsupported: " It has no page for the sign-out.",
    skipped: "",
  }[providerSession];
  return `${green("✓")} Signed out here.${revoked}${page}\n`;
}

function jsonOf({ revocation, providerSession, errors }: SignOutResult, exitCode: number): string {
  const failures = errors.map((error) => failureOf(error, exitCode));
  return `${JSON.stringify({ revocation, providerSession, errors: failures })}\n`;
}
