/** `token` and `header`: the access token on stdout. What they import is loaded by every command: it is little. */
import type { Arguments } from "../arguments.js";
import { withClient } from "../command-run.js";
import { print } from "../output.js";

export function token(args: Arguments): Promise<number> {
  return withClient(args, async ({ client, call }) => {
    const { json, "exec-credential": execCredential } = args.values;
    if (execCredential) {
      const { execCredentialOf, execCall } = await import("../token-output.js");
      await print(execCredentialOf(await client.getTokenSet(execCall(call, process.env)), process.env));
    } else if (json) {
      const { tokenJson } = await import("../token-output.js");
      await print(tokenJson(await client.getTokenSet(call)));
    } else {
      await print(`${await client.getAccessToken(call)}\n`);
    }
    return 0;
  });
}

export function header(args: Arguments): Promise<number> {
  return withClient(args, async ({ client, call }) => {
    const { accessToken, tokenType } = await client.getTokenSet(call);
    const value = `${tokenType} ${accessToken}`;
    await print(args.values.json ? `${JSON.stringify({ Authorization: value })}\n` : `Authorization: ${value}\n`);
    return 0;
  });
}
