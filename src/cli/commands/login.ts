/** `login`: asks a person to sign in now, whatever is stored. */
import type { Arguments } from "../arguments.js";
import { SignInForbidden } from "../failure.js";
import { print, tell } from "../output.js";
import { type Session, withClient } from "../session.js";
import { stylesOf } from "../style.js";
import { isTerminal } from "../terminals.js";
import { factsOf } from "./token-json.js";

export function login(args: Arguments): Promise<number> {
  return withClient(args, (session) => signIn(args, session));
}

async function signIn(args: Arguments, { client, call, release }: Session): Promise<number> {
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
  const { green, bold } = stylesOf(isTerminal.stderr(), process.env);
  const { nameOf } = await import("../person.js");
  const who = asProgram ? client.config.clientId : nameOf(set.idTokenClaims);
  tell(`${green("✓")} Signed in${who === undefined ? "" : ` as ${bold(who)}`}.\n`);
  return 0;
}
