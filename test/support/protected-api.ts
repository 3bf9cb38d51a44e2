/** An API for the examples to call: it takes access tokens of one issuer for one audience, and checks them itself. */
import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "./loopback-server.js";

export interface ProtectedApiOptions {
  readonly issuer: string;
  readonly audience: string;
  /** [0] Any free one where it is 0 or taken. */
  readonly port?: number;
}

export interface ProtectedApi {
  readonly url: string;
  /** The status of each answer but those to preflights, oldest first. */
  readonly answers: readonly number[];
  /** Answers the next call with this status, whatever its token. */
  failOnce(status: number): void;
  close(): Promise<void>;
}

interface Claims {
  readonly iss?: unknown;
  readonly aud?: unknown;
  readonly exp?: number;
  readonly sub?: string;
}

const decode = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;

async function fetchKeys(issuer: string): Promise<(JsonWebKey & { kid?: string })[]> {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const { keys } = (await (await fetch((metadata as { jwks_uri: string }).jwks_uri)).json()) as { keys: JsonWebKey[] };
  return keys;
}

/** The claims of a valid token; `undefined` for any other. */
async function readToken(token: string, { issuer, audience }: ProtectedApiOptions): Promise<Claims | undefined> {
  try {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const { alg, kid } = decode(header);
    const jwk = (await fetchKeys(issuer)).find((key) => key.kid === kid);
    if (alg !== "RS256" || jwk === undefined) return undefined;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const isSigned = verify(
      "RSA-SHA256",
      Buffer.from(`${header}.${payload}`),
      key,
      Buffer.from(signature, "base64url"),
    );
    const claims: Claims = decode(payload);
    const isMine = claims.iss === issuer && [claims.aud].flat().includes(audience);
    return isSigned && isMine && (claims.exp ?? 0) * 1000 > Date.now() ? claims : undefined;
  } catch {
    return undefined;
  }
}

const CORS = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };

/** Starts the API on loopback. */
export async function startProtectedApi(options: ProtectedApiOptions): Promise<ProtectedApi> {
  const answers: number[] = [];
  let failure: number | undefined;
  const send = (response: ServerResponse, status: number, body?: object) => {
    answers.push(status);
    const challenge = status === 401 && { "www-authenticate": 'Bearer error="invalid_token"' };
    response.writeHead(status, { ...CORS, "content-type": "application/json", ...challenge });
    response.end(JSON.stringify(body ?? {}));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "OPTIONS") return response.writeHead(204, CORS).end();
    const forced = failure;
    failure = undefined;
    if (forced !== undefined) return send(response, forced);
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const claims = token === undefined ? undefined : await readToken(token, options);
    return claims ? send(response, 200, { greeting: `Hello, ${claims.sub}.` }) : send(response, 401);
  };
  const server = createServer((request, response) => void answer(request, response));
  const { port, close } = await listenOnLoopback(server, options.port);
  return {
    url: `http://127.0.0.1:${port}/greeting`,
    answers,
    failOnce: (status) => {
      failure = status;
    },
    close,
  };
}
