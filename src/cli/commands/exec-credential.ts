/** `token --exec-credential`: an ExecCredential of client.authentication.k8s.io (kubectl's credential plugins). */
import { Readable } from "node:stream";
import type { CommandRun } from "../command-run.js";
import { freshIdToken } from "./id-token.js";

const GROUP = "client.authentication.k8s.io";

/** The access token, or the ID Token for an API server with --oidc-client-id, each with its own expiry. */
export async function printExecCredential(run: CommandRun, wantsIdToken: boolean): Promise<void> {
  const { apiVersion, interactive } = readExecInfo(process.env.KUBERNETES_EXEC_INFO);
  // It speaks of stdin alone, which kubectl then keeps for itself. A sign-in in a browser needs none.
  if (interactive === false) leaveStdin();
  const { token, expiresAt } = wantsIdToken ? await freshIdToken(run) : await accessToken(run);
  // The token is kept by kubectl until then. Its own format has no fractions of a second.
  const expirationTimestamp = expiresAt.toISOString().replace(/\.\d+Z$/, "Z");
  await run.print(
    `${JSON.stringify({ apiVersion, kind: "ExecCredential", status: { expirationTimestamp, token } })}\n`,
  );
}

async function accessToken({ client, call }: CommandRun) {
  const set = await client.getTokenSet(call);
  return { token: set.accessToken, expiresAt: set.expiresAt };
}

/** KUBERNETES_EXEC_INFO of kubectl: the version it wants, and whether this command may read from stdin. */
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

/** Whatever would read from it finds one that is read already, and its end. The descriptor itself is not touched. */
function leaveStdin(): void {
  Object.defineProperty(process, "stdin", { value: Readable.from([]).resume(), configurable: true });
}
