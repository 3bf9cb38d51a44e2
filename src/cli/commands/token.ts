/** `token` and `header`: the access token on stdout. What they import is loaded by every command: it is little. */
import type { TokenSet } from "../../token-set.js";
import type { Arguments } from "../arguments.js";
import { withClient } from "../command-run.js";

export function token(args: Arguments): Promise<number> {
  return withClient(args, async ({ client, call, print }) => {
    const { json, "exec-credential": execCredential } = args.values;
    if (execCredential) {
      const { apiVersion, interactive } = readExecInfo(process.env.KUBERNETES_EXEC_INFO);
      // kubectl says that nobody sits before it.
      const set = await client.getTokenSet(interactive === false ? { ...call, interaction: "never" } : call);
      await print(execCredentialOf(set, apiVersion));
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

const GROUP = "client.authentication.k8s.io";

/** KUBERNETES_EXEC_INFO of kubectl: the version it wants, and whether somebody sits before it. */
function readExecInfo(text = "{}"): { readonly apiVersion: string; readonly interactive: unknown } {
  let info: { apiVersion?: unknown; spec?: { interactive?: unknown } } | null = {};
  try {
    info = JSON.parse(text) as typeof info;
  } catch {
    // Not from kubectl.
  }
  const version = info?.apiVersion === `${GROUP}/v1beta1` ? "v1beta1" : "v1";
  return { apiVersion: `${GROUP}/${version}`, interactive: info?.spec?.interactive };
}

/** An ExecCredential of client.authentication.k8s.io (kubectl's credential plugins). */
function execCredentialOf({ accessToken, expiresAt }: TokenSet, apiVersion: string): string {
  // The token is kept by kubectl until then. Its own format has no fractions of a second.
  const expirationTimestamp = expiresAt.toISOString().replace(/\.\d+Z$/, "Z");
  const status = { expirationTimestamp, token: accessToken };
  return `${JSON.stringify({ apiVersion, kind: "ExecCredential", status })}\n`;
}
