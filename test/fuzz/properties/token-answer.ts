/** Answers of the token endpoint, to a code and to a refresh token. */
import fc from "fast-check";
import { exchangeCode } from "../../../src/protocol/token-endpoint.js";
import { OidcClient } from "../../../src/node/index.js";
import { answers, type FuzzedAnswer, toResponse } from "../answers.js";
import { goodCallback, makeServer, options, secret, secrets, transaction } from "../server.js";
import { judge } from "../judge.js";
import { idTokenClaims, network, sign } from "../provider.js";
import { memoryOf, recordNow } from "../records.js";

const MEMBERS = [
  "access_token",
  "token_type",
  "expires_in",
  "id_token",
  "refresh_token",
  "scope",
  "error",
  "error_description",
];

const good = async (nonce?: string, now?: number) => ({
  access_token: secret.fresh,
  token_type: "bearer",
  expires_in: 300,
  refresh_token: secret.next,
  scope: "openid",
  id_token: await sign({ ...idTokenClaims(nonce), ...(now !== undefined && { iat: now, exp: now + 300 }) }),
});
const forCode = good(secret.nonce);

function expectUsable(token: unknown): void {
  if (typeof token !== "string" || token === "") throw new Error("an access token that is no text was accepted");
}

export function codeAnswers(outcomes: Map<string, number>): fc.IAsyncProperty<[FuzzedAnswer]> {
  return fc.asyncProperty(answers(MEMBERS, [secret.code, secret.verifier]), async (answer) => {
    const correct = await forCode;
    const net = network({ token: () => toResponse(answer, correct, secret.code) });
    const known = [...secrets, correct.id_token];
    const end = await judge(() => exchangeCode(makeServer(net.fetch), goodCallback(), transaction), known, outcomes);
    if (net.count("token") !== 1) throw new Error("the code was not sent once");
    if (end.error) return;
    expectUsable(end.value.accessToken.token);
    if (end.value.idToken === undefined) throw new Error("a login without an ID Token was accepted");
    if (!Number.isFinite(end.value.accessToken.expiresAt)) throw new Error("a time that is no number");
    // What was accepted must come back from a store as it is.
    JSON.stringify(end.value);
  });
}

export function refreshAnswers(outcomes: Map<string, number>): fc.IAsyncProperty<[FuzzedAnswer]> {
  return fc.asyncProperty(answers(MEMBERS, [secret.refresh]), async (answer) => {
    const correct = await good(undefined, Math.floor(Date.now() / 1000));
    const net = network({ token: () => toResponse(answer, correct, secret.refresh) });
    const memory = memoryOf(await recordNow());
    const before = memory.text();
    const client = new OidcClient({ ...options(net.fetch), storage: memory.store, interaction: "never" });
    const known = [...secrets, correct.id_token];
    const end = await judge(() => client.getAccessToken({ forceRefresh: true }), known, outcomes);
    await client.close();
    if (net.count("token") > 1) throw new Error("the refresh token was sent twice");
    if (end.error === undefined) return expectUsable(end.value);
    const ended = end.error.code === "login_required";
    const after = memory.text();
    if (ended ? after !== undefined : !isSameSession(before, after)) throw new Error("a failure changed the store");
    if (end.error.sessionKept === ended) throw new Error("sessionKept does not tell what became of the session");
  });
}

/** Whether a failed answer has changed nothing but the refresh token that it brought, and what must not be given any more. */
function isSameSession(before: string | undefined, after: string | undefined): boolean {
  const [was, is] = [before, after].map((text) => JSON.parse(text ?? "{}") as Record<string, unknown>);
  const { refreshToken, idTokenOwed: _owed, accessTokens: _tokens, ...session } = is ?? {};
  const { refreshToken: _used, accessTokens: _before, ...expected } = was ?? {};
  return typeof refreshToken === "string" && JSON.stringify(session) === JSON.stringify(expected);
}
