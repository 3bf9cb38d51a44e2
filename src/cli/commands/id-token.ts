/** `token --id-token`: the ID Token, for whoever checks that one, such as a cluster with --oidc-client-id. */
import { EnvironmentError } from "../../errors.js";
import { neededMs, timeLeft, type TokenSet } from "../../token-set.js";
import { usage } from "../arguments.js";
import type { CommandRun } from "../command-run.js";
import { SignInForbidden } from "../failure.js";

export interface IdToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export async function printIdToken(run: CommandRun, json: boolean): Promise<void> {
  const { token, expiresAt, claims } = await freshIdToken(run);
  const { iss: issuer, sub: subject, aud } = claims;
  const facts = { idToken: token, expiresAt: expiresAt.toISOString(), issuer, subject, audiences: [aud].flat() };
  await run.print(json ? `${JSON.stringify(facts)}\n` : `${token}\n`);
}

/**
 * The stored ID Token, one that a refresh brings, or one of a new sign-in: the first that has the wanted time left. A refresh
 * need not bring one (OpenID Connect Core 1.0 §12.2).
 */
export async function freshIdToken(run: CommandRun): Promise<IdToken & { claims: Claims }> {
  const { client, call } = run;
  if (client.config.flow === "client_credentials") {
    throw usage("--id-token", "--id-token speaks of a person: the flow client_credentials has no ID Token.");
  }
  const stored = await client.getTokenSet(call);
  const found = usable(stored, run);
  if (found) return found;
  // What another process has brought meanwhile is taken: of many calls at once one refreshes.
  const renewed = await client.getTokenSet({ ...call, forceRefresh: false, rejectedToken: stored.accessToken });
  const brought = usable(renewed, run);
  if (brought) return brought;
  if (call.interaction === "never") throw new SignInForbidden(NO_NEW_ONE);
  await client.signIn({ signal: call.signal });
  const granted = usable(await client.getTokenSet({ ...call, forceRefresh: false, minValiditySeconds: 0 }), run);
  if (granted) return granted;
  throw new EnvironmentError("The provider gave no ID Token with time left, not even with a new sign-in.");
}

const NO_NEW_ONE =
  "The ID Token has too little time left, a refresh brought no new one, and this call may not ask a person. Run: keystone-auth login";

type Claims = NonNullable<TokenSet["idTokenClaims"]>;

function usable({ idToken, idTokenClaims }: TokenSet, { client: { config } }: CommandRun) {
  if (idToken === undefined || idTokenClaims === undefined) return undefined;
  const { iat, exp } = idTokenClaims;
  const times = { obtainedAt: iat * 1000, expiresAt: exp * 1000 };
  // By the rules of access tokens: one that lives shorter than what is wanted is given for half of its life.
  const left = timeLeft(times, Date.now(), config.clockToleranceMs);
  if (left <= 0 || left < neededMs(times, config.minValidityMs)) return undefined;
  return { token: idToken, expiresAt: new Date(times.expiresAt), claims: idTokenClaims };
}
