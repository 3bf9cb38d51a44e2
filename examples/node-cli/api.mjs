/**
 * A protected API, so that the example has something to call. It accepts access tokens of one issuer for one audience, and
 * checks them itself with the issuer's published keys (RS256 only; a real API uses a library for this).
 */
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));

async function fetchKeys(issuer) {
  const metadata = await (await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)).json();
  return (await (await fetch(metadata.jwks_uri)).json()).keys;
}

/** The claims of a valid token; `undefined` for any other. */
export async function readToken(token, { issuer, audience }) {
  try {
    const [header, payload, signature] = token.split(".");
    const { alg, kid } = decode(header);
    const jwk = (await fetchKeys(issuer)).find((key) => key.kid === kid);
    if (alg !== "RS256" || jwk === undefined) return undefined;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url"))) return undefined;
    const claims = decode(payload);
    const isMine = claims.iss === issuer && [claims.aud].flat().includes(audience);
    return isMine && claims.exp * 1000 > Date.now() ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** Starts the API on a free port of 127.0.0.1. */
export async function startApi(options) {
  const answer = async (request, response) => {
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const claims = token && (await readToken(token, options));
    if (!claims) return response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ greeting: `Hello, ${claims.sub}.` }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
