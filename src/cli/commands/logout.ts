/** `logout`: the session goes here first, whatever the provider does; then its tokens are revoked at the provider. */
import type { KeystoneAuthError } from "../../errors.js";
import type { SignOutResult } from "../../client/sign-out.js";
import type { Arguments } from "../arguments.js";
import { withClient } from "../command-run.js";
import { EXIT, exitCodeOf } from "../exit-codes.js";
import { failureOf } from "../failure.js";
import { print, writeToPerson } from "../output.js";
import { stylesOf } from "../terminal.js";

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
    else writeToPerson(textOf(result, failure));
    return exitCode;
  });
}

function textOf({ revocation, providerSession }: SignOutResult, failure: KeystoneAuthError | undefined): string {
  const { green, yellow } = stylesOf("stderr");
  if (failure !== undefined) return `${yellow("!")} Not all of the sign-out could be done. ${failure.message}\n`;
  const revoked = {
    done: " The provider has revoked the tokens.",
    failed: " The provider could not revoke the tokens.",
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
