/** `login` asks a person to sign in now, whatever is stored. `logout` ends the session: first here, then at the provider. */
import type { SignOutResult } from "../../client/sign-out-result.js";
import type { Arguments } from "../arguments.js";
import { asInterrupted, withClient } from "../command-run.js";
import { EXIT, exitCodeOf, failureOf, SignInForbidden } from "../failure.js";
import { writeToPerson } from "../output.js";
import { nameOf } from "../stored-session.js";
import { sharingTime, trueErrors } from "../sign-out-report.js";
import { mustBeStorable, watchStore } from "../stored-or-not.js";
import { stylesOf } from "../terminal.js";
import { factsOf } from "./token.js";

export function login(args: Arguments): Promise<number> {
  return withClient(args, async ({ client, call, print, release }) => {
    const { signal } = call;
    const asProgram = client.config.flow === "client_credentials";
    if (call.interaction === "never" && !asProgram) throw new SignInForbidden();
    const { "acr-values": acrValues } = args.values;
    await mustBeStorable(client.config, signal);
    const whyNotStored = watchStore({ config: client.config, on: client.on.bind(client) });
    // A matter of this sign-in: in the client's options it would make another session.
    await client.signIn({ signal, ...(acrValues !== undefined && { acrValues }) });
    // Its token is at hand: what was just granted is not renewed, however short it lives.
    const set = await client.getTokenSet({ interaction: "never", minValiditySeconds: 0, signal });
    const unstored = await whyNotStored();
    release();
    // Without a stored session the sign-in was for nothing, unless that is what was asked for.
    const exitCode = unstored === undefined || unstored.isChosen ? EXIT.ok : EXIT.storage;
    if (args.values.json) {
      const stored = unstored === undefined ? { stored: true } : { stored: false, whyNotStored: unstored.why };
      await print(`${JSON.stringify({ signedIn: true, ...stored, ...factsOf(set) })}\n`);
      return exitCode;
    }
    const { green, bold, yellow } = stylesOf("stderr");
    const who = asProgram ? client.config.clientId : nameOf(set.idTokenClaims);
    writeToPerson(`${green("✓")} Signed in${who === undefined ? "" : ` as ${bold(who)}`}.\n`);
    if (unstored !== undefined)
      writeToPerson(`${yellow("!")} The session is not stored: it ends with this command. ${unstored.why}\n`);
    return exitCode;
  });
}

/** The exit code is that of the first thing that failed: a token that was not revoked is still good. */
export async function logout(args: Arguments): Promise<number> {
  if (args.values.all) return await (await import("./logout-all.js")).logoutAll(args);
  return await withClient(
    args,
    async ({ client, call, tellsItself, print, release }) => {
      const { local = false, json, "provider-session": providerSession = false } = args.values;
      const result = await client.signOut({ local, providerSession, signal: call.signal });
      tellsItself();
      // It tries a refused deletion again.
      await client.close();
      const failures = (await trueErrors(result, client.config)).map(asInterrupted);
      release();
      const [failure] = failures;
      const exitCode = failure === undefined ? EXIT.ok : exitCodeOf(failure);
      if (!json) {
        writeToPerson(logoutText({ ...result, errors: failures }));
        return exitCode;
      }
      const errors = failures.map((error) => failureOf(error, exitCode));
      const { revocation, providerSession: page } = result;
      await print(`${JSON.stringify({ revocation, providerSession: page, errors })}\n`);
      return exitCode;
    },
    sharingTime,
  );
}

function logoutText({ revocation, providerSession, errors: [failure] }: SignOutResult): string {
  const { green, yellow } = stylesOf("stderr");
  if (failure !== undefined) {
    const tokens = revocation === "done" ? " The provider has revoked the tokens." : "";
    return `${yellow("!")} Not all of the sign-out could be done. ${failure.message}${tokens}\n`;
  }
  const revoked = {
    done: " The provider has revoked the tokens.",
    failed: " The provider could not revoke the tokens.",
    unsupported: " The provider cannot revoke tokens: the access token is good until it expires.",
    skipped: "",
  }[revocation];
  const page = {
    ended: " It has ended its own session, too, and sent the browser back.",
    asked: " Its page for the sign-out was opened in the browser; what the person does there is not seen here.",
    failed: " Its page for the sign-out could not be opened.",
    unsupported: " It has no page for the sign-out.",
    skipped: "",
  }[providerSession];
  return `${green("✓")} Signed out here.${revoked}${page}\n`;
}
