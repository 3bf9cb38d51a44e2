/** Key sets: an ID Token is accepted only where the set holds the key that signed it. */
import fc from "fast-check";
import { exchangeCode } from "../../../src/protocol/token-endpoint.js";
import { goodAnswer, toResponse, answers, type FuzzedAnswer } from "../answers.js";
import { goodCallback, makeServer, secret, secrets, transaction } from "../server.js";
import { judge } from "../judge.js";
import type { ServerSnapshot } from "../../../src/protocol/authorization-server.js";
import { idTokenClaims, metadata, network, NOW, PUBLISHED, sign } from "../provider.js";
import { type Json, mutations, values } from "../values.js";

const MEMBERS = ["kty", "crv", "x", "kid", "alg", "use", "key_ops", "n", "e", "y", "d", "ext"];
const RSA = { kty: "RSA", n: "AQAB", e: "AQAB", alg: "RS256", use: "sig" };

const key: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: mutations(MEMBERS).map((mutate) => mutate(PUBLISHED)) },
  { weight: 1, arbitrary: fc.constant(RSA) },
  { weight: 1, arbitrary: mutations(MEMBERS).map((mutate) => mutate(RSA)) },
  { weight: 1, arbitrary: values() },
);
const idToken = sign(idTokenClaims(secret.nonce));

export function keySets(outcomes: Map<string, number>): fc.IAsyncProperty<[unknown[], FuzzedAnswer]> {
  return fc.asyncProperty(fc.array(key, { maxLength: 4 }), answers(["keys"], []), async (keys, answer) => {
    let shown = false;
    const correct: Json = { keys };
    const token = async () =>
      await goodAnswer({ access_token: secret.access, token_type: "bearer", expires_in: 300, id_token: await idToken });
    const net = network({
      token,
      keys: () =>
        toResponse(
          {
            ...answer,
            body: (document) => {
              const body = answer.body(document);
              // The whole material of the key must stand in what was sent; what else stands there decides on use.
              shown ||= (typeof body === "string" ? body : Buffer.from(body).toString()).includes(
                PUBLISHED.x as string,
              );
              return body;
            },
          },
          correct,
          secret.code,
        ),
    });
    const end = await judge(() => exchangeCode(makeServer(net.fetch), goodCallback(), transaction), secrets, outcomes);
    if (end.error === undefined && !shown) throw new Error("accepted without the key");
    if (net.count("keys") > 2) throw new Error(`asked for keys ${net.count("keys")} times`);
  });
}

/** What another page has left in a store: it saves requests and decides nothing. */
export function snapshots(outcomes: Map<string, number>): fc.IAsyncProperty<[(base: Json) => Json]> {
  const fuzzed = mutations(["metadata", "metadataAt", "keys", "keysAt"]);
  return fc.asyncProperty(fuzzed, async (mutate) => {
    const token = async () =>
      await goodAnswer({ access_token: secret.access, token_type: "bearer", expires_in: 300, id_token: await idToken });
    const server = makeServer(network({ token }).fetch);
    server.restore(mutate({ metadata, metadataAt: NOW, keys: [PUBLISHED], keysAt: NOW }) as unknown as ServerSnapshot);
    const end = await judge(() => exchangeCode(server, goodCallback(), transaction), secrets, outcomes);
    if (end.error) throw new Error(`a bad snapshot must cost no more than requests: ${end.error.message}`);
  });
}
