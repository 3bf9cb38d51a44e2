/** Values that JavaScript lets pass for what they are not. */
import { expect, test } from "vitest";
import type { OidcClientOptions } from "../../src/node/index.js";
import { startWorld } from "../hostile/world.js";

/** Its first item is a hole. */
const sparse: string[] = Object.assign([] as string[], { 1: "a" });

function revoked(target: object): never {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
}

const throwing = {
  get: () => {
    throw new Error("getter");
  },
};

test.each<[string, Partial<OidcClientOptions>, string]>([
  ["a hole in extraScopes", { extraScopes: sparse }, "extraScopes"],
  ["a hole in audiences", { audiences: sparse }, "audiences"],
  ["revoked extraScopes", { extraScopes: revoked([]) }, "extraScopes"],
  ["a revoked storage", { storage: revoked({}) }, "storage"],
  ["a revoked logger", { logger: revoked({}) }, "logger"],
  ["a revoked issuer", { issuer: revoked({}) }, "issuer"],
  ["revoked authorizationParams", { authorizationParams: revoked({}) }, "authorizationParams"],
  ["a revoked loopback", { loopback: revoked({}) }, "loopback"],
  ["revoked ports", { loopback: { ports: revoked([]) } }, "loopback"],
  ["a revoked pageHandler", { pageHandler: revoked({}) }, "pageHandler"],
  ["a revoked keychain", { storage: "encrypted-file", keychain: revoked({}) }, "keychain"],
  ["a getter that throws", Object.defineProperty({}, "clientId", { ...throwing, enumerable: false }), "clientId"],
])("SE-24 %s is ConfigurationError at construction", async (_title, options, option) => {
  const world = await startWorld();
  const make = () => world.client(options);
  if (option === "clientId") {
    const { OidcClient } = await import("../../src/node/index.js");
    const thrown = () =>
      new OidcClient(Object.defineProperty({ issuer: "https://x.example" }, "clientId", throwing) as never);
    expect(thrown).toThrow(expect.objectContaining({ code: "configuration", option }));
    return;
  }
  expect(make).toThrow(expect.objectContaining({ code: "configuration", option }));
});

test("SE-24 revoked options are ConfigurationError", async () => {
  const { OidcClient } = await import("../../src/node/index.js");
  expect(() => new OidcClient(revoked({}))).toThrow(expect.objectContaining({ code: "configuration" }));
});

test.each([
  ["a signal without removeEventListener", { aborted: false, addEventListener() {} }],
  ["a signal without addEventListener", { aborted: false, removeEventListener() {} }],
  ["a revoked signal", revoked(new AbortController().signal)],
  ["a signal whose aborted is no boolean", { aborted: "no", addEventListener() {}, removeEventListener() {} }],
])("SE-24 %s is ConfigurationError for every call that takes one", async (_title, signal) => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client();
  const options = { signal } as unknown as { signal: AbortSignal };
  for (const call of ["getAccessToken", "getTokenSet", "signIn", "signOut"] as const) {
    expect(await world.failure(client[call](options))).toMatchObject({ code: "configuration", option: "signal" });
  }
  await client.getAccessToken({ interaction: "never" });
});

test.each([[Symbol("url")], [7], [{}], [null]])(
  "SE-24 handleFrontchannelLogout(%s) is ConfigurationError",
  async (url) => {
    const world = await startWorld();
    await world.signIn();
    const call = world.client().handleFrontchannelLogout(url as unknown as string);
    expect(await world.failure(call)).toMatchObject({ code: "configuration", option: "url", sessionKept: true });
  },
);

test("DX-17 a method that was taken off its client goes on working, also one of a subclass", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client();
  const { getAccessToken, getTokenSet, on, signOut, close } = client;
  expect((await getTokenSet()).accessToken).toBe(await getAccessToken());
  const reasons: string[] = [];
  on("session", ({ reason }) => void reasons.push(reason));
  expect(Object.keys(client)).toEqual([]);
  await signOut({ local: true });
  expect(reasons).toContain("signed_out");
  await close();
  expect(await world.failure(getAccessToken())).toMatchObject({ code: "aborted" });

  const { OidcClient } = await import("../../src/node/index.js");
  class Own extends OidcClient {
    override getAccessToken(): Promise<string> {
      return super.getAccessToken({ interaction: "never" });
    }
  }
  const { getAccessToken: own } = new Own({ clientId: "a", issuer: "https://id.invalid", storage: "memory" });
  expect(await world.failure(own())).toMatchObject({ code: "login_required" });
});
