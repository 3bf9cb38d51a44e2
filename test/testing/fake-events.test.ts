/** The client for unit tests beside a real client with a provider (imitated, in one process): the same steps are told by the same events. */
import { describe, expect, it, vi } from "vitest";
import type { OidcClient } from "../../src/node/index.js";
import { fakeClient, LoginRequiredError } from "../../src/testing/index.js";
import { startWorld } from "../hostile/world.js";

type Step = (client: OidcClient) => unknown;

/** Events come in a later microtask. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const rejectedBy = async (call: Promise<unknown>) => await call.catch(({ reason }: LoginRequiredError) => reason);
const never = { interaction: "never" } as const;
/** What a call says, or why not. */
const saidBy = async (call: Promise<unknown>) =>
  await call.then(
    () => "it is done",
    ({ name, code, reason, message }: LoginRequiredError) => ({ name, code, reason, message }),
  );

/** What a listener from the start hears of each step, with what `session` says then. */
async function heardOf(client: OidcClient, steps: readonly Step[]): Promise<string[][]> {
  const heard: string[][] = [[]];
  client.on("session", ({ reason }) => heard.at(-1)?.push(`${reason}: ${client.session.status}`));
  await client.ready;
  await settled();
  for (const step of steps) {
    heard.push([]);
    await step(client);
    await settled();
  }
  await client.close();
  return heard;
}

const LIVES: Readonly<Record<string, readonly Step[]>> = {
  "asks for tokens": [(c) => c.getAccessToken(), (c) => c.getTokenSet(), (c) => c.getIdTokenClaims()],
  renews: [
    (c) => c.getAccessToken({ forceRefresh: true }),
    (c) => Promise.all([c.getAccessToken({ forceRefresh: true }), c.getTokenSet({ forceRefresh: true })]),
    async (c) => await c.getAccessToken({ rejectedToken: await c.getAccessToken() }),
    (c) => c.getAccessToken({ rejectedToken: "an older one" }),
    (c) => c.getAccessToken({ minValiditySeconds: 10 }),
  ],
  "loses its access token": [(c) => c.getAccessToken(), (c) => c.destroyAccessToken(), (c) => c.getAccessToken()],
  "signs out and in": [
    (c) => c.getAccessToken(),
    (c) => c.signOut(),
    (c) => rejectedBy(c.getAccessToken({ interaction: "never" })),
    (c) => c.signIn(),
    (c) => c.signIn(),
    (c) => c.getAccessToken(),
  ],
  "loses its session": [
    (c) => c.getAccessToken(),
    (c) => c.destroyTokens(),
    (c) => rejectedBy(c.getAccessToken({ interaction: "never" })),
  ],
  "signs in twice at the same time": [(c) => Promise.all([c.signIn(), c.signIn()]), (c) => c.signIn()],
  "signs out twice": [(c) => c.getAccessToken(), (c) => c.signOut(), (c) => c.signOut(), (c) => c.destroyTokens()],
  "loses its session twice": [(c) => c.destroyTokens(), (c) => c.destroyTokens(), (c) => c.signOut()],
};

describe("PK-05 events come as they come from a client, where a program", () => {
  it.each(Object.entries(LIVES))("%s", async (_name, steps) => {
    const world = await startWorld();
    await world.signIn();
    const real = await heardOf(world.client(), steps);
    expect(real[0]).toEqual(["restored: signed_in"]);
    expect(await heardOf(fakeClient() as OidcClient, steps)).toEqual(real);
  });

  it("listens where nobody is signed in", async () => {
    const world = await startWorld();
    const steps: Step[] = [(c) => rejectedBy(c.getAccessToken({ interaction: "never" }))];
    const error = new LoginRequiredError("no_session", "Nobody is signed in.");
    const real = await heardOf(world.client(), steps);
    expect(real[0]).toEqual(["restored: signed_out"]);
    expect(await heardOf(fakeClient({ error }) as OidcClient, steps)).toEqual(real);
  });

  it("listens after its first call, or twice in one turn", async () => {
    const client = fakeClient();
    const heard: string[] = [];
    const listen = (name: string) => client.on("session", ({ reason }) => heard.push(`${name} ${reason}`));
    listen("one");
    listen("other");
    await settled();
    expect(heard).toEqual(["one restored", "other restored"]);
    const late = fakeClient();
    await late.getAccessToken();
    late.on("session", () => heard.push("too late"));
    await settled();
    expect(heard).toHaveLength(2);
  });
});

const ENDS: Readonly<Record<string, Step>> = {
  "signOut()": (c) => c.signOut({ local: true }),
  "destroyTokens()": (c) => c.destroyTokens(),
  "destroyTokens() after signOut()": async (c) => [await c.signOut({ local: true }), await c.destroyTokens()],
  "close()": (c) => c.close(),
  "close() after signOut()": async (c) => [await c.signOut({ local: true }), await c.close()],
};
const CALLS: readonly ((client: OidcClient) => Promise<unknown>)[] = [
  (c) => c.getAccessToken(never),
  (c) => c.getTokenSet(never),
  (c) => c.getUserInfo(never),
  (c) => c.getIdTokenClaims(),
  (c) => c.handleFrontchannelLogout("https://app.example/out"),
  (c) => c.destroyAccessToken(),
];

describe("PK-05 calls say what they say of a client, in the same words, after", () => {
  it.each(Object.entries(ENDS))("%s", async (_name, end) => {
    const world = await startWorld();
    await world.signIn();
    const said = async (client: OidcClient) => {
      await client.getAccessToken();
      await end(client);
      const all = [];
      for (const call of CALLS) all.push(await saidBy(call(client)));
      return all;
    };
    expect(await said(fakeClient() as OidcClient)).toEqual(await said(world.client()));
  });

  it("close(), where it is diagnosed", async () => {
    const world = await startWorld();
    const said = async (client: OidcClient) => [await client.close(), await saidBy(client.diagnose())];
    const real = await said(world.client());
    expect(real).toMatchObject([undefined, { code: "aborted" }]);
    expect(await said(fakeClient() as OidcClient)).toEqual(real);
  });

  it("a sign-out that ends a sign-in", async () => {
    const client = fakeClient();
    const call = saidBy(client.signIn());
    await client.signOut();
    expect(await call).toMatchObject({ code: "login_required", reason: "signed_out" });
    const again = [saidBy(client.signIn()), client.signOut(), saidBy(client.signIn())];
    expect((await Promise.all(again))[2]).toBe("it is done");
    expect(client.session.status).toBe("signed_in");
  });
});

describe("PK-05 a fake client whose error is that another person has signed in", () => {
  it("says so in its session, as a client does", async () => {
    const world = await startWorld();
    const client = world.client({ whenUserChanges: "reject" });
    await client.getAccessToken();
    world.provider.settings.subject = "bob";
    await world.client().signIn();
    const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
    expect(error).toMatchObject({ reason: "user_changed" });
    expect(fakeClient({ error }).session).toEqual(client.session);
  });
});

describe("A renewal of a fake client", () => {
  it("PK-05 gives another token, the same in each run", async () => {
    const client = fakeClient({ token: "a token" });
    const first = client.session;
    expect(await client.getAccessToken({ forceRefresh: true })).toBe("a token-2");
    expect((await client.getTokenSet()).accessToken).toBe("a token-2");
    expect(client.session).not.toBe(first);
    expect(await client.getAccessToken({ rejectedToken: "a token" })).toBe("a token-2");
    expect(await client.getAccessToken({ rejectedToken: "a token-2" })).toBe("a token-3");
    await client.signOut();
    await Promise.all([client.signIn(), client.signIn()]);
    expect(await client.getAccessToken()).toBe("a token-4");
  });

  it("PK-05 lets a 401 be tried: a burst of them is one renewal", async () => {
    const client = fakeClient({ token: "a token" });
    const refused = await client.getAccessToken();
    const calls = [1, 2, 3].map(() => client.getAccessToken({ rejectedToken: refused }));
    expect(await Promise.all(calls)).toEqual(["a token-2", "a token-2", "a token-2"]);
  });

  it("PK-05 comes when the token has ended, by the clock of the test", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T00:00:00Z") });
    try {
      const client = fakeClient({ token: "a token" });
      expect(client.session.expiresAt).toEqual(new Date("2030-01-01T01:00:00Z"));
      vi.setSystemTime(new Date("2030-01-01T00:59:00Z"));
      expect(await client.getAccessToken()).toBe("a token");
      expect(await client.getAccessToken({ minValiditySeconds: 120 })).toBe("a token-2");
      vi.setSystemTime(new Date("2030-01-01T01:58:45Z"));
      expect(await client.getAccessToken()).toBe("a token-3");
    } finally {
      vi.useRealTimers();
    }
  });

  it("PK-05 ends with a sign-out or a close meanwhile", async () => {
    const client = fakeClient();
    const call = client.getAccessToken({ forceRefresh: true });
    const out = client.signOut();
    await expect(call).rejects.toMatchObject({ code: "login_required", reason: "signed_out" });
    await out;
    expect(client.session.status).toBe("signed_out");
    const closed = fakeClient();
    const late = closed.getAccessToken({ forceRefresh: true });
    await closed.close();
    await expect(late).rejects.toMatchObject({ code: "aborted" });
  });
});
