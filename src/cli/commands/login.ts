/** `login`: asks a person to sign in now, whatever is stored. */
import type { Arguments } from "../arguments.js";
import { type CommandRun, withClient } from "../command-run.js";
import { SignInForbidden } from "../failure.js";
import { print, writeToPerson } from "../output.js";
import { nameOf } from "../stored-session.js";
import { stylesOf } from "../terminal.js";
import { factsOf } from "../token-output.js";

export function login(args: Arguments): Promise<number> {
  return withClient(args, (run) => signIn(args, run));
}

async function signIn(args: Arguments, { client, call, release }: CommandRun): Promise<number> {
  const asProgram = client.config.flow === "client_credentials";
  if (call.interaction === "never" && !asProgram) {
    throw new SignInForbidden();
  }
  await client.signIn({ signal: call.signal });
  // Its token is at hand: what was just granted is not renewed, however short it lives.
  const set = await client.getTokenSet({ interaction: "never", minValiditySeconds: 0, signal: call.signal });
  release();
  if (args.values.json) {
    await print(`${JSON.stringify({ signedIn: true, ...factsOf(set) })}\n`);
    return 0;
  }
  const { green, bold } = stylesOf("stderr");
  const who = asProgram ? client.config.clientId : nameOf(set.idTokenClaims);
  writeToPerson(`${green("✓")} Signed in${who === undefined ? "" : ` as ${bold(who)}`}.\n`);
  return 0;
}
