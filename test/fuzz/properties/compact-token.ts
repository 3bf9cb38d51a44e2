/** Compact JWS strings as ID Token and as access token: accepted only when the provider's key has signed these very bytes. */
import fc from "fast-check";
import { exchangeCode } from "../../../src/protocol/token-endpoint.js";
import { goodAnswer } from "../answers.js";
import { goodCallback, makeServer, secret, secrets, transaction } from "../server.js";
import { judge } from "../judge.js";
import { CLIENT, ISSUER, idTokenClaims, isOurs, network, NOW, PUBLISHED, sign, signParts } from "../provider.js";
import { mutations, textOf, texts } from "../values.js";

const CLAIMS = ["iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "auth_time", "at_hash", "sid"];
const HEADER = { alg: "EdDSA", kid: PUBLISHED.kid, typ: "JWT" };
const headers = mutations<Record<string, unknown>>(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c"]).map(
  (mutate) => mutate(HEADER),
);
const alg = fc.constantFrom(
  "none",
  "None",
  "HS256",
  "RS256",
  "ES256",
  "PS512",
  "EdDSA",
  "Ed25519",
  "ES256K",
  "__proto__",
  "toString",
);

/** A token signed over a mutated header and mutated claims, then perhaps bent. */
interface Recipe {
  readonly header: unknown;
  readonly alg: string | undefined;
  readonly mutate: (claims: Record<string, unknown>) => Record<string, unknown>;
  readonly bend: (token: string) => string;
}

const bend: fc.Arbitrary<Recipe["bend"]> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((token: string) => token) },
  { weight: 2, arbitrary: texts().map((text) => (token: string) => token + text) },
  { weight: 1, arbitrary: texts().map((text) => () => text) },
  { weight: 2, arbitrary: fc.nat(300).map((at) => (token: string) => token.slice(0, at) + token.slice(at + 1)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(300), fc.constantFrom("A", "=", ".", " ", "+", "\n", "é")).map(
      ([at, char]) =>
        (token: string) =>
          token.slice(0, at) + char + token.slice(at + 1),
    ),
  },
  { weight: 1, arbitrary: fc.constant((token: string) => token.split(".").slice(0, 2).join(".") + ".") },
);

const recipe: fc.Arbitrary<Recipe> = fc.record({
  header: headers,
  alg: fc.option(alg, { nil: undefined, freq: 3 }),
  mutate: mutations<Record<string, unknown>>(CLAIMS),
  bend,
});

async function cook(
  { header, alg: other, mutate, bend: bent }: Recipe,
  claims: Record<string, unknown>,
): Promise<string> {
  const head = other === undefined ? header : { ...(header as object), alg: other };
  return bent(await signParts(textOf(head), textOf(mutate(claims))));
}

const forAccess = { iss: ISSUER, sub: "alice", aud: "api", exp: NOW / 1000 + 300, iat: NOW / 1000 };

export function compactTokens(outcomes: Map<string, number>): fc.IAsyncProperty<[Recipe, Recipe | undefined]> {
  return fc.asyncProperty(recipe, fc.option(recipe, { freq: 2, nil: undefined }), async (first, second) => {
    const idToken = await cook(first, idTokenClaims(secret.nonce));
    const accessToken = second === undefined ? await sign(forAccess) : await cook(second, forAccess);
    const token = () =>
      goodAnswer({ access_token: accessToken, token_type: "bearer", expires_in: 300, id_token: idToken });
    const net = network({ token });
    // Half a character can be no part of a token; the search for secrets encodes what it looks for.
    const known = [...secrets, ...[idToken, accessToken].filter((text) => /^[\x20-\x7e]{20,}$/.test(text))];
    const end = await judge(() => exchangeCode(makeServer(net.fetch), goodCallback(), transaction), known, outcomes);
    if (end.error) return;
    if (!(await isOurs(idToken))) throw new Error("an ID Token that nobody signed was accepted");
    const claims = end.value.idTokenClaims;
    if (claims?.iss !== ISSUER || claims.nonce !== secret.nonce || ![claims.aud].flat().includes(CLIENT)) {
      throw new Error("an ID Token for somebody else was accepted");
    }
  });
}
