/** `token` and `header`: the access token on stdout. What they import is loaded by every command: it is little. */
import type { TokenSet } from "../../token-set.js";
import type { Arguments } from "../arguments.js";
import { withClient } from "../command-run.js";

export function token(args: Arguments): Promise<number> {
  return withClient(args, async (run) => {
    const { json, "exec-credential": execCredential, "id-token": idToken } = args.values;
    const { client, call, print } = run;
    if (execCredential) {
      const { printExecCredential } = await import("./exec-credential.js");
      await printExecCredential(run, idToken === true);
    } else if (idToken) {
      const { printIdToken } = await import("./id-token.js");
      await printIdToken(run, json === true);
    } else if (json) {
      const set = await client.getTokenSet(call);
      await print(`${JSON.stringify({ accessToken: set.accessToken, ...factsOf(set) })}\n`);
    } else {
      await print(`${await client.getAccessToken(call)}\n`);
    }
    return 0;
  });
}

export function header(args: Arguments): Promise<number> {
  return withClient(args, async ({ client, call, print }) => {
    const { accessToken, tokenType } = await client.getTokenSet(call);
    const value = `${tokenType} ${accessToken}`;
    await print(args.values.json ? `${JSON.stringify({ Authorization: value })}\n` : `Authorization: ${value}\n`);
    return 0;
  });
}

/** The token set without the token. */
export function factsOf({ tokenType, expiresAt, scopes, audiences, idTokenClaims }: TokenSet) {
  return {
    tokenType,
    expiresAt: expiresAt.toISOString(),
    scopes,
    audiences,
    ...(idTokenClaims && { subject: idTokenClaims.sub }),
  };
}
