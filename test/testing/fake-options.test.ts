/** What the client for unit tests refuses: a slip that a real client refuses is not found by production. */
import { describe, expect, it } from "vitest";
import * as node from "../../src/node/index.js";
import * as testing from "../../src/testing/index.js";
import { fakeClient, FakeOidcClient, OidcFlow, type FakeClientOptions } from "../../src/testing/index.js";

const { OidcClient } = node;
type OidcClient = node.OidcClient;
const real = () => new OidcClient({ clientId: "native", issuer: "https://id.example", storage: "memory" });

interface Fault {
  readonly code: string;
  readonly option: string;
  readonly message: string;
}
const faultOf = async (call: () => unknown): Promise<Fault> => {
  try {
    await call();
  } catch (error) {
    const { code, option, message } = error as Fault;
    return { code, option, message };
  }
  throw new Error("It was taken.");
};

const CALLS: readonly (readonly [string, object | null, (client: OidcClient, options: never) => unknown])[] = [
  ["getAccessToken", { interction: "never" }, (client, options) => client.getAccessToken(options)],
  ["getAccessToken", { interaction: "sometimes" }, (client, options) => client.getAccessToken(options)],
  ["getAccessToken", { forceRefresh: 1 }, (client, options) => client.getAccessToken(options)],
  ["getAccessToken", null, (client, options) => client.getAccessToken(options)],
  ["getTokenSet", { minValiditySeconds: "60" }, (client, options) => client.getTokenSet(options)],
  ["getUserInfo", { rejectedToken: 5 }, (client, options) => client.getUserInfo(options)],
  ["getUserInfo", { signal: {} }, (client, options) => client.getUserInfo(options)],
  ["signIn", { loginhint: "alice" }, (client, options) => client.signIn(options)],
  ["signIn", { maxAgeSeconds: -1 }, (client, options) => client.signIn(options)],
  ["signOut", { provider: true }, (client, options) => client.signOut(options)],
  ["signOut", { local: "yes" }, (client, options) => client.signOut(options)],
];

describe("PK-05 a fake client refuses, in the same words as a client,", () => {
  it.each(CALLS)("%s(%j)", async (_name, options, call) => {
    const client = real();
    const said = await faultOf(() => call(client, options as never));
    await client.close();
    expect(said.code).toBe("configuration");
    expect(await faultOf(() => call(fakeClient() as OidcClient, options as never))).toEqual(said);
  });
});

describe("PK-05 what a fake client is made of", () => {
  it.each([
    [null, "options", "must be an object"],
    ["tok", "options", "must be an object"],
    [{ tokn: "a token" }, "tokn", "Do you mean token?"],
    [{ token: 5 }, "token", "must be a string, not empty"],
    [{ token: "" }, "token", "must be a string, not empty"],
    [{ token: null }, "token", "must be a string, not empty"],
    [{ claims: [1] }, "claims", "must be a plain object"],
    [{ claims: new Map() }, "claims", "must be a plain object"],
    [{ claims: null }, "claims", "must be an object"],
    [{ claims: "alice" }, "claims", "must be an object"],
    [{ claims: { sub: 5 } }, "claims", "sub must be a string"],
    [{ claims: { exp: "never" } }, "claims", "exp must be a number of seconds since 1970"],
    [{ claims: { iat: Number.NaN } }, "claims", "iat must be a number"],
    [{ claims: { aud: [5] } }, "claims", "aud must be a string or a list"],
  ])("is not %j", async (options, option, message) => {
    const fault = await faultOf(() => fakeClient(options as FakeClientOptions));
    expect(fault).toMatchObject({ code: "configuration", option });
    expect(fault.message).toContain(message);
  });

  it("may be undefined, and claims as any provider gives them", async () => {
    const claims = { aud: ["one", "other"], sub: undefined, roles: ["a"], address: { country: "NO" } };
    const client = fakeClient({ token: undefined, error: undefined, claims });
    expect(await client.getIdTokenClaims()).toMatchObject({ sub: "fake-user", aud: ["one", "other"], roles: ["a"] });
  });

  it("an ID Token that has ended ends no session: the access token has a life of its own", async () => {
    const { session } = fakeClient({ claims: { exp: 1, iat: 0 } });
    expect(session).toMatchObject({ status: "signed_in", claims: { exp: 1 } });
    expect(session.expiresAt?.getTime()).toBeGreaterThan(Date.now());
  });
});

describe("PK-03 in the place of the whole module", () => {
  it("a class made of the fake one is one: instances, subclasses, statics", async () => {
    class Replaced extends FakeOidcClient {
      constructor(readonly options: object) {
        super({ token: "a token" });
      }
    }
    class Own extends Replaced {
      bearer = async () => `Bearer ${await this.getAccessToken()}`;
    }
    const client = new Own({ clientId: "spa" });
    expect(client).toBeInstanceOf(Replaced);
    expect(await client.bearer()).toBe("Bearer a token");
    const { KEYSTONE_URL, KEYSTONE_STG_URL, KEYSTONE_DEV_URL } = OidcClient;
    const statics = [Replaced.KEYSTONE_URL, Replaced.KEYSTONE_STG_URL, Replaced.KEYSTONE_DEV_URL];
    expect(statics).toEqual([KEYSTONE_URL, KEYSTONE_STG_URL, KEYSTONE_DEV_URL]);
  });

  it("a method that a subclass has in its place is the one that is handed on", async () => {
    class Own extends FakeOidcClient {
      override getAccessToken() {
        return Promise.resolve("its own");
      }
    }
    const { getAccessToken } = new Own();
    expect(await getAccessToken()).toBe("its own");
  });

  it("the entry has each name of keystone-auth beside the class: Node's own are not of them", () => {
    const missing = Object.keys(node).filter((name) => !(name in testing));
    expect(missing.sort()).toEqual(["OidcClient", "productPage", "safeStorageKeychain", "twoStagePage"]);
    expect(OidcFlow.device_code).toBe("device_code");
  });
});
