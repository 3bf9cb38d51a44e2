/** The client that programs have in their unit tests: what it gives, and that nobody can tell it from a client by its surface. */
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { OidcClientCore } from "../../src/client/client.js";
import { OidcClient } from "../../src/node/index.js";
import {
  type Diagnosis,
  fakeClient,
  FakeOidcClient,
  isKeystoneAuthError,
  LoginRequiredError,
  NetworkError,
  type TokenProvider,
  type UserInfo,
} from "../../src/testing/index.js";

/** Gives what a call rejects with. */
const faultOf = async (call: Promise<unknown>) =>
  await call.then(
    () => undefined,
    (error: unknown) => error,
  );
const settled = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => void vi.useRealTimers());

it("PK-03 has each name of a client, so that code under test finds what it calls", () => {
  const names = (object: object) =>
    Reflect.ownKeys(object)
      .filter((name) => name !== "constructor")
      .map(String);
  const client = fakeClient();
  const own = [...names(client), ...names(Object.getPrototypeOf(client) as object)];
  expect(names(OidcClientCore.prototype).filter((name) => !own.includes(name))).toEqual([]);
  expect(Symbol.asyncDispose in client).toBe(true);
});

it("PK-05 an object with one method is enough where tokens are wanted, and a client and a fake are such", async () => {
  const call = async (tokens: TokenProvider) => `Bearer ${await tokens.getAccessToken()}`;
  expect(await call({ getAccessToken: async () => "two lines" })).toBe("Bearer two lines");
  expect(await call(fakeClient({ token: "a token" }))).toBe("Bearer a token");
  const real: TokenProvider = new OidcClient({ clientId: "native", issuer: "https://id.example", storage: "memory" });
  expect(typeof real.getAccessToken).toBe("function");
});

describe("A fake client that is signed in", () => {
  const client = () => fakeClient({ token: "a token", claims: { sub: "alice", name: "Alice" } });

  it("gives token and claims in each way, at once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "setInterval"] });
    const { session, getAccessToken } = client();
    expect(session).toMatchObject({ status: "signed_in", subject: "alice", claims: { name: "Alice" } });
    expect(await getAccessToken()).toBe("a token");
    expect(await client().getTokenSet()).toMatchObject({ accessToken: "a token", tokenType: "Bearer" });
    expect((await client().getTokenSet()).expiresAt.getTime()).toBeGreaterThan(Date.now());
    expect(await client().getIdTokenClaims()).toMatchObject({ iss: "https://issuer.test", sub: "alice" });
    expect(await client().getUserInfo()).toMatchObject({ sub: "alice", name: "Alice" });
    await client().ready;
  });

  it("has a token and a person where the test names none", async () => {
    expect(await fakeClient().getAccessToken()).toBe("fake-access-token");
    expect(fakeClient({ token: undefined, claims: undefined }).session.subject).toBe("fake-user");
  });

  it("is signed out by signOut(), and in again by signIn(), with the events of a client", async () => {
    const tried = client();
    const heard: string[] = [];
    tried.on("session", ({ reason }) => heard.push(`${reason} ${tried.session.status}`));
    expect(await tried.signOut()).toMatchObject({ errors: [] });
    expect(await faultOf(tried.getAccessToken())).toMatchObject({ code: "login_required", reason: "signed_out" });
    expect(await tried.getIdTokenClaims()).toBeUndefined();
    await settled();
    await tried.signIn();
    expect(await tried.getAccessToken()).toBe("a token-2");
    await settled();
    expect(heard).toEqual(["signed_out signed_out", "signed_in signed_in"]);
  });

  it("has no session after destroyTokens()", async () => {
    const tried = client();
    await tried.destroyTokens();
    expect(tried.session.status).toBe("signed_out");
    expect(await faultOf(tried.getTokenSet())).toMatchObject({ reason: "signed_out" });
  });

  it("PK-05 gives each caller claims of its own, and touches none of the test's", async () => {
    const claims = { roles: ["reader"], address: { country: "NO" } };
    const tried = fakeClient({ claims });
    const given = [
      await tried.getIdTokenClaims(),
      await tried.getUserInfo(),
      (await tried.getTokenSet()).idTokenClaims,
    ];
    for (const each of [...given, tried.session.claims]) (each as unknown as typeof claims).roles.push("changed");
    claims.address.country = "changed";
    const wanted = { roles: ["reader"], address: { country: "NO" } };
    expect(await tried.getIdTokenClaims()).toMatchObject(wanted);
    expect(await tried.getUserInfo()).toMatchObject(wanted);
    expect((await tried.getTokenSet()).idTokenClaims).toMatchObject(wanted);
  });

  it("PK-05 has the types of a client's methods: what overrides one there overrides it here, and a spy gives what it gives", async () => {
    const findings: Diagnosis = [{ check: "lock", outcome: "ok", message: "free" }];
    class Own extends FakeOidcClient {
      override async getUserInfo(): Promise<UserInfo> {
        return { sub: "alice" };
      }
      override async diagnose(): Promise<Diagnosis> {
        return findings;
      }
      override async handleFrontchannelLogout(url?: string): Promise<boolean> {
        return url !== undefined;
      }
    }
    expect(await new Own().handleFrontchannelLogout("https://app.example/out")).toBe(true);
    const tried = new FakeOidcClient();
    vi.spyOn(tried, "diagnose").mockResolvedValue(findings);
    vi.spyOn(tried, "getUserInfo").mockResolvedValue({ sub: "bob" });
    expect([await tried.diagnose(), await tried.getUserInfo()]).toEqual([findings, { sub: "bob" }]);
    expectTypeOf<Pick<FakeOidcClient, keyof OidcClientCore>>().toEqualTypeOf<
      Pick<OidcClientCore, keyof OidcClientCore>
    >();
  });

  it("ends its calls by their signal, and all by close()", async () => {
    const tried = client();
    expect(await faultOf(tried.getAccessToken({ signal: AbortSignal.abort() }))).toMatchObject({ code: "aborted" });
    await tried.close();
    expect(await faultOf(tried.getAccessToken())).toMatchObject({ code: "aborted" });
    expect(await faultOf(tried.signOut())).toMatchObject({ code: "aborted" });
  });
});

describe("A fake client with an error", () => {
  it("rejects with the very error, whatever it is, and stays signed in", async () => {
    for (const error of [new NetworkError("No answer."), new Error("of the test")]) {
      const client = fakeClient({ error });
      for (const call of [client.getAccessToken(), client.getTokenSet(), client.getUserInfo(), client.signIn()])
        expect(await faultOf(call)).toBe(error);
      expect(client.session.status).toBe("signed_in");
    }
  });

  it("is signed out where the error is that a person is needed", async () => {
    const error = new LoginRequiredError("no_session", "Nobody is signed in.");
    const { session } = fakeClient({ error });
    expect(session).toEqual({ status: "signed_out" });
    expect(isKeystoneAuthError(error)).toBe(true);
  });

  it("refuses an option that there is not", () => {
    expect(() => fakeClient({ tokn: "a token" } as never)).toThrow("token");
  });
});
