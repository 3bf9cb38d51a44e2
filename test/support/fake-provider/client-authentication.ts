/** Who is asking: client authentication by none, basic and post (RFC 6749 §2.3). */
import { errorAnswer, type ProviderContext } from "./context.js";
import type { Answer, RecordedRequest } from "./types.js";

/** The client, or the answer that refuses it. */
export type Authenticated =
  | { readonly clientId: string; readonly confidential: boolean }
  | { readonly refusal: Answer };

interface Credentials {
  readonly method: "none" | "client_secret_basic" | "client_secret_post";
  readonly clientId: string;
  readonly secret: string | undefined;
}

const formDecode = (value: string): string => decodeURIComponent(value.replaceAll("+", " "));

function readCredentials(request: RecordedRequest): Credentials | undefined {
  const [scheme, encoded] = (request.headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() === "basic" && encoded !== undefined) {
    const text = Buffer.from(encoded, "base64").toString("utf8");
    const colon = text.indexOf(":");
    if (colon === -1) return undefined;
    try {
      const clientId = formDecode(text.slice(0, colon));
      return { method: "client_secret_basic", clientId, secret: formDecode(text.slice(colon + 1)) };
    } catch {
      return undefined;
    }
  }
  const clientId = request.form.get("client_id");
  if (clientId === null || clientId === "") return undefined;
  const secret = request.form.get("client_secret") ?? undefined;
  return { method: secret === undefined ? "none" : "client_secret_post", clientId, secret };
}

/** Clients named in `clientSecrets` must show their secret; all others are public and must show none. */
export function authenticateClient(request: RecordedRequest, context: ProviderContext): Authenticated {
  const credentials = readCredentials(request);
  const refuse = (): Authenticated => {
    const refusal = errorAnswer("invalid_client", undefined, 401);
    if (request.headers.authorization !== undefined) {
      refusal.headers = { ...refusal.headers, "www-authenticate": 'Basic realm="fake"' };
    }
    return { refusal };
  };
  if (credentials === undefined) return refuse();
  const { clientId, method, secret } = credentials;
  const expected = Object.hasOwn(context.settings.clientSecrets, clientId)
    ? context.settings.clientSecrets[clientId]
    : undefined;
  if (secret !== expected || !context.settings.clientAuthMethods.includes(method)) return refuse();
  return { clientId, confidential: expected !== undefined };
}
