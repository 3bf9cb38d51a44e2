/** What is printed of a token set: JSON, and the answer to kubectl and its like. */
import type { GetTokenOptions } from "../options/call.js";
import type { TokenSet } from "../token-set.js";
import type { Env } from "./settings-table.js";

export function tokenJson(set: TokenSet): string {
  return `${JSON.stringify({ accessToken: set.accessToken, ...factsOf(set) })}\n`;
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

interface ExecInfo {
  readonly apiVersion: string;
  readonly interactive: boolean | undefined;
}

/** What kubectl says in KUBERNETES_EXEC_INFO: the version it wants, and whether somebody sits before it. */
function readExecInfo(env: Env): ExecInfo {
  let info: { apiVersion?: unknown; spec?: { interactive?: unknown } } = {};
  try {
    info = (JSON.parse(env.KUBERNETES_EXEC_INFO ?? "{}") ?? {}) as typeof info;
  } catch {
    // Not from kubectl.
  }
  const { apiVersion, spec } = info;
  const interactive = spec?.interactive;
  return {
    apiVersion: apiVersion === `${GROUP}/v1beta1` ? apiVersion : `${GROUP}/v1`,
    interactive: typeof interactive === "boolean" ? interactive : undefined,
  };
}

/** Where kubectl says that nobody can answer, nobody is asked. */
export function execCall<T extends GetTokenOptions>(call: T, env: Env): T {
  return readExecInfo(env).interactive === false ? { ...call, interaction: "never" } : call;
}

/** An ExecCredential of client.authentication.k8s.io (kubectl's credential plugins). */
export function execCredentialOf({ accessToken, expiresAt }: TokenSet, env: Env): string {
  // The token is kept by kubectl until then. Its own format has no fractions of a second.
  const expirationTimestamp = expiresAt.toISOString().replace(/\.\d+Z$/, "Z");
  const { apiVersion } = readExecInfo(env);
  return `${JSON.stringify({ apiVersion, kind: "ExecCredential", status: { expirationTimestamp, token: accessToken } })}\n`;
}
