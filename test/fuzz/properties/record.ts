/** Stored records: of any value and of any bytes there is a token, a documented error, and never a change by a failure. */
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { LoginRequiredError, OidcClient, type TokenSet } from "../../../src/node/index.js";
import { systemClock } from "../../../src/clock.js";
import { openFileStore } from "../../../src/node/files/store.js";
import { goodAnswer } from "../answers.js";
import { options, secret, secrets } from "../server.js";
import { judge } from "../judge.js";
import { idTokenClaims, network, sign } from "../provider.js";
import { memoryOf, recordNow } from "../records.js";
import { type Json, mutations, textOf, values } from "../values.js";

const MEMBERS = ["version", "id", "issuer", "clientId", "subject", "refreshToken", "idToken", "accessTokens"];
const TOKEN = ["token", "tokenType", "obtainedAt", "expiresAt", "scopes", "audiences"];

type Make = (good: Json) => unknown;

const record: fc.Arbitrary<Make> = fc.oneof(
  {
    weight: 4,
    arbitrary: mutations(MEMBERS).map(
      (mutate): Make =>
        (good) =>
          mutate(good),
    ),
  },
  {
    weight: 4,
    arbitrary: mutations<Json>(TOKEN).map(
      (mutate): Make =>
        (good) => {
          const tokens = good.accessTokens as { default: Json };
          return { ...good, accessTokens: { ...tokens, default: mutate(tokens.default) } };
        },
    ),
  },
  {
    weight: 1,
    arbitrary: values().map(
      (value): Make =>
        () =>
          value,
    ),
  },
);

const refreshed = async () => {
  const now = Math.floor(Date.now() / 1000);
  const id_token = await sign({ ...idTokenClaims(), iat: now, exp: now + 300 });
  return await goodAnswer({ access_token: secret.next, token_type: "bearer", expires_in: 300, id_token });
};

/** What a program may ask a client over such a record. */
const ask = {
  getAccessToken: (client: OidcClient) => client.getAccessToken(),
  forceRefresh: (client: OidcClient) => client.getAccessToken({ forceRefresh: true }),
  getTokenSet: (client: OidcClient) => client.getTokenSet(),
  getIdTokenClaims: (client: OidcClient) => client.getIdTokenClaims(),
  handleFrontchannelLogout: (client: OidcClient) => client.handleFrontchannelLogout("https://app.example/?iss=a&sid=b"),
};
const call = fc.constantFrom(...(Object.keys(ask) as (keyof typeof ask)[]));

export function records(outcomes: Map<string, number>): fc.IAsyncProperty<[Make, keyof typeof ask]> {
  return fc.asyncProperty(record, call, async (make, name) => {
    const memory = memoryOf(textOf(make(await recordNow())));
    const before = memory.text();
    const net = network({ token: refreshed });
    const client = new OidcClient({ ...options(net.fetch), storage: memory.store, interaction: "never" });
    const end = await judge<unknown>(() => ask[name](client), secrets, outcomes);
    await client.close();
    // A refresh for another person than the record names ends the session, as it should.
    const isEnded = end.error instanceof LoginRequiredError && end.error.reason === "user_changed";
    if (end.error && !isEnded && memory.text() !== before) throw new Error("a failure changed the store");
    if (name === "getTokenSet" && !end.error && Number.isNaN((end.value as TokenSet).expiresAt.getTime()))
      throw new Error("a time that is none");
    if (name.startsWith("getA") && !end.error && typeof end.value !== "string")
      throw new Error("a token that is no text");
  });
}

const bytes: fc.Arbitrary<(good: Json) => string | Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: record.map((make) => (good: Json) => textOf(make(good))) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 40 }).map((given) => () => given) },
  { weight: 2, arbitrary: fc.nat(400).map((end) => (good: Json) => textOf(good).slice(0, end)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("", "\u0000".repeat(100), "\ufeff{}", " \n", "nul", '{"a":1}{"a":2}')
      .map((text) => () => text),
  },
);

// Whether bytes survive a power cut is another test's business, and what a run costs most.
Object.assign(fs, { fsyncSync: () => {} });
const place = mkdtempSync(join(tmpdir(), "keystone-auth-fuzz-"));
export const removeFiles = (): void => rmSync(place, { recursive: true, force: true });

export function recordFiles(outcomes: Map<string, number>): fc.IAsyncProperty<[(good: Json) => string | Uint8Array]> {
  const file = join(place, "record.json");
  return fc.asyncProperty(bytes, async (make) => {
    const good = await recordNow();
    const given = Buffer.from(make(good));
    writeFileSync(file, given, { mode: 0o600 });
    const troubles: unknown[] = [];
    const { store } = openFileStore({
      directory: place,
      onTrouble: (error) => troubles.push(error),
      clock: systemClock,
      timeoutMs: 10_000,
    });
    const end = await judge(() => store.read("record"), secrets, outcomes);
    if (end.error) throw new Error(`a file that is there and can be read: ${end.error.message}`);
    if (end.value === undefined && given.byteLength > 0 && troubles.length === 0)
      throw new Error("lost without a word");
    if (end.value !== undefined && troubles.length > 0) throw new Error("given and called corrupt");
    if (end.value === undefined && troubles.length > 0) outcomes.set("corrupt", (outcomes.get("corrupt") ?? 0) + 1);
    await store.update("record", () => ({ value: good }));
    if (JSON.stringify(await store.read("record")) !== JSON.stringify(good)) throw new Error("a write was lost");
    if (!readFileSync(file, "utf8").startsWith("{")) throw new Error("the file is not what was written");
    if (readdirSync(place).length > 10) throw new Error("copies of corrupt records pile up");
  });
}
