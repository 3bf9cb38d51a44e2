/** A provider without sockets: a `fetch` that answers as it is told, with a key that is made once. */
import { generateSigningKey } from "../support/fake-provider/keys.js";
import type { Claims } from "../support/fake-provider/types.js";
import { goodAnswer } from "./answers.js";
import type { Json } from "./values.js";

export const ISSUER = "https://provider.example/identity";
export const CLIENT = "prizm";
/** All tokens and clocks of a run stand here. */
export const NOW = Date.UTC(2026, 0, 1);
const SECONDS = NOW / 1000;

const key = await generateSigningKey("EdDSA");

export const PUBLISHED: Json = key.published;

/** A compact JWS over these texts, as they are; they need not be JSON. */
export async function signParts(header: string, payload: string): Promise<string> {
  const signed = `${Buffer.from(header).toString("base64url")}.${Buffer.from(payload).toString("base64url")}`;
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, key.privateKey, new TextEncoder().encode(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

const header = JSON.stringify({ alg: "EdDSA", kid: key.kid, typ: "JWT" });
export const sign = (claims: Claims): Promise<string> => signParts(header, JSON.stringify(claims));

/** Verifies by the provider's own key, apart from the code under test. */
export async function isOurs(jws: string): Promise<boolean> {
  const parts = jws.split(".");
  if (parts.length !== 3) return false;
  const [head = "", payload = "", signature = ""] = parts;
  const publicKey = await crypto.subtle.importKey("jwk", key.published as never, { name: "Ed25519" }, false, [
    "verify",
  ]);
  const bytes = Buffer.from(signature, "base64url");
  return await crypto.subtle.verify({ name: "Ed25519" }, publicKey, bytes, Buffer.from(`${head}.${payload}`));
}

export const idTokenClaims = (nonce?: string): Claims => ({
  iss: ISSUER,
  sub: "alice",
  aud: CLIENT,
  iat: SECONDS,
  exp: SECONDS + 300,
  ...(nonce !== undefined && { nonce }),
});

export const metadata = {
  issuer: ISSUER,
  authorization_endpoint: "https://provider.example/authorize",
  token_endpoint: "https://provider.example/token",
  jwks_uri: "https://provider.example/keys",
  device_authorization_endpoint: "https://provider.example/device",
  revocation_endpoint: "https://provider.example/revoke",
  end_session_endpoint: "https://provider.example/logout",
  pushed_authorization_request_endpoint: "https://provider.example/par",
  userinfo_endpoint: "https://provider.example/userinfo",
  require_pushed_authorization_requests: false,
  authorization_response_iss_parameter_supported: true,
  token_endpoint_auth_methods_supported: ["none"],
  id_token_signing_alg_values_supported: ["EdDSA"],
};

export type Place = "discovery" | "keys" | "token" | "device";
export type Answering = Partial<Record<Place, () => Promise<Response>>>;

/** The fetch of one run, and where it was sent. */
export function network(answering: Answering): {
  fetch: typeof fetch;
  asked: string[];
  count: (place: Place) => number;
} {
  const asked: string[] = [];
  const placeOf = (url: string): Place =>
    url.includes(".well-known")
      ? "discovery"
      : url.endsWith("/keys")
        ? "keys"
        : url.endsWith("/device")
          ? "device"
          : "token";
  return {
    asked,
    count: (place) => asked.filter((url) => placeOf(url) === place).length,
    fetch: (input) => {
      const url = String(input instanceof Request ? input.url : input);
      asked.push(url);
      const place = placeOf(url);
      const answer = answering[place];
      if (answer) return answer();
      return goodAnswer(place === "discovery" ? metadata : { keys: [PUBLISHED] });
    },
  };
}
