/** What a renderer can have done: each method by name, with options that were read already. */
import type { OidcClientCore } from "../../client/client.js";
import { EnvironmentError, isKeystoneAuthError, LoginRequiredError } from "../../errors.js";
import type { IdTokenClaims, TokenSet } from "../../token-set.js";
import type { SignOutResult } from "../../client/sign-out.js";
import { describeError, withMessage } from "../errors.js";
import type { CallMessage, CallOptions, SignOutData, TokenSetData } from "../messages.js";

/** What `serveTokens` needs of a client: the `OidcClient` of `keystone-auth/node` has it. */
export type ServedClient = Pick<
  OidcClientCore,
  "getTokenSet" | "getIdTokenClaims" | "signIn" | "signOut" | "destroyTokens" | "destroyAccessToken" | "on" | "ready"
>;

export interface CallTools {
  readonly client: ServedClient;
  readonly signal: AbortSignal;
  /** Whether this call may ask a person. */
  readonly mayAsk: (method: "getTokenSet" | "signIn" | "signOut") => Promise<boolean>;
}

const ASK_BY_ACTION =
  "The main process did not let this call ask a person: make it in a click, or see allowInteraction of serveTokens.";

export async function perform({ method, options }: CallMessage, tools: CallTools): Promise<unknown> {
  const { client, signal } = tools;
  switch (method) {
    case "ready":
      return await client.ready;
    case "getTokenSet":
      return dataOf(await getTokenSet(options, tools));
    case "getIdTokenClaims":
      return claimsForPage(await client.getIdTokenClaims());
    case "signIn":
      if (await tools.mayAsk(method)) return await client.signIn({ signal });
      throw new LoginRequiredError("no_session", ASK_BY_ACTION);
    case "signOut":
      return await signOut(options, tools);
    case "destroyTokens":
      return await client.destroyTokens();
    case "destroyAccessToken":
      return await client.destroyAccessToken();
    case "subscribe":
    case "cancel":
      // Whoever has called gets the events; what a cancel is for has been done.
      return undefined;
  }
}

async function getTokenSet(options: CallOptions, { client, signal, mayAsk }: CallTools): Promise<TokenSet> {
  const { interaction, ...others } = options;
  if (interaction === "never") return await client.getTokenSet({ ...others, interaction, signal });
  // Nothing said: the client's own option decides, where the call may ask at all.
  if (await mayAsk("getTokenSet")) return await client.getTokenSet({ ...options, signal });
  try {
    return await client.getTokenSet({ ...others, interaction: "never", signal });
  } catch (error) {
    if (!isKeystoneAuthError(error) || error.code !== "login_required") throw error;
    const refused = new LoginRequiredError((error as LoginRequiredError).reason, ASK_BY_ACTION, error);
    throw withMessage(refused, `${ASK_BY_ACTION} ${error.message}`);
  }
}

async function signOut(options: CallOptions, { client, signal, mayAsk }: CallTools): Promise<SignOutData> {
  const { local, providerSession } = options;
  const common = { ...(local !== undefined && { local }), signal };
  if (local === true || providerSession !== true) {
    return signOutData(await client.signOut({ ...common, ...(providerSession === false && { providerSession }) }));
  }
  if (await mayAsk("signOut")) return signOutData(await client.signOut({ ...common, providerSession }));
  const result = await client.signOut({ ...common, providerSession: false });
  const error = new EnvironmentError(`The provider's own session was not ended. ${ASK_BY_ACTION}`, {
    sessionKept: false,
  });
  return signOutData({ ...result, providerSession: "failed", errors: [...result.errors, error] });
}

/** Field by field, so that nothing crosses that is not named here: neither the raw ID Token nor what may come later. */
function dataOf(set: TokenSet): TokenSetData {
  const idTokenClaims = claimsForPage(set.idTokenClaims);
  return {
    accessToken: set.accessToken,
    tokenType: set.tokenType,
    expiresAt: set.expiresAt.getTime(),
    scopes: [...set.scopes],
    audiences: [...set.audiences],
    ...(idTokenClaims && { idTokenClaims }),
  };
}

/** Without the nonce: it belongs to the login, which was checked here. */
function claimsForPage(claims: IdTokenClaims | undefined): IdTokenClaims | undefined {
  if (claims === undefined) return undefined;
  const { nonce: _checked, ...others } = claims;
  return others as IdTokenClaims;
}

function signOutData({ revocation, providerSession, errors }: SignOutResult): SignOutData {
  return { revocation, providerSession, errors: errors.map(describeError) };
}
