/** A token that lies ready in the store, and what may come between the look at it and its use. */
import { expect, test } from "vitest";
import { OidcClientCore } from "../../src/client/client.js";
import type { ClientSession } from "../../src/client/client-session.js";
import { NetworkError } from "../../src/errors.js";
import type { Ground } from "../../src/client/ground.js";
import { readNodeOptions } from "../../src/node/options.js";
import type { SessionRecord } from "../../src/token-set.js";
import { FakeClock } from "../support/fake-clock.js";

const config = readNodeOptions({ clientId: "app", issuer: "https://id.example" }, {} as NodeJS.ProcessEnv);
const never = { interaction: "never" } as const;

class Client extends OidcClientCore {
  constructor(ground: Ground) {
    super(config, ground);
  }
}

/** A client on a ground in the test's hands: `looks` are the looks that wait for what they shall find. */
function startClient(changes: Partial<Ground> = {}) {
  const clock = new FakeClock();
  const looks: ((found: SessionRecord | undefined) => void)[] = [];
  const calls: string[] = [];
  let tellNews = () => {};
  const session = {
    open: async () => {},
    obtain: async () => record(clock, "from the session"),
    look: async () => void calls.push("look"),
    signOut: async () => void calls.push("signOut"),
    close: () => void calls.push("close"),
  } as unknown as ClientSession;
  const client = new Client({
    clock,
    loadSession: async () => {
      calls.push("load");
      return session;
    },
    peek: (onNews) => {
      tellNews = onNews;
      return new Promise((resolve) => looks.push(resolve));
    },
    ...changes,
  });
  const look = async (number: number) => {
    await expect.poll(() => looks.length).toBe(number);
    return looks[number - 1] as (found: SessionRecord | undefined) => void;
  };
  return { client, clock, calls, look, tellNews: () => tellNews() };
}

const record = (clock: FakeClock, token: string): SessionRecord => ({
  version: 1,
  id: "1",
  issuer: config.issuer,
  clientId: "app",
  accessTokens: {
    default: {
      token,
      tokenType: "Bearer",
      obtainedAt: clock.now(),
      expiresAt: clock.now() + 300_000,
      scopes: [],
      audiences: [],
    },
  },
});

test("is given to all who ask at once after one look, and from memory then, with nothing loaded", async () => {
  const { client, clock, calls, look } = startClient();
  const [one, other] = [client.getAccessToken(), client.getAccessToken(never)];
  (await look(1))(record(clock, "a"));
  expect(await Promise.all([one, other, client.getAccessToken()])).toEqual(["a", "a", "a"]);
  expect(calls).toEqual([]);
});

test("that does not satisfy the call is left to the session", async () => {
  const { client, clock, look } = startClient();
  const call = client.getAccessToken({ rejectedToken: "a" });
  (await look(1))(record(clock, "a"));
  expect(await call).toBe("from the session");
});

test("MT-07 is looked at again when news came meanwhile, and after later news", async () => {
  const { client, clock, look, tellNews } = startClient();
  const call = client.getAccessToken();
  const first = await look(1);
  tellNews();
  first(record(clock, "old"));
  (await look(2))(record(clock, "new"));
  expect(await call).toBe("new");
  tellNews();
  const next = client.getAccessToken();
  (await look(3))(record(clock, "newest"));
  expect(await next).toBe("newest");
});

test("is not believed where a sign-out came before the look was over", async () => {
  const { client, clock, calls, look } = startClient();
  const call = client.getAccessToken();
  const first = await look(1);
  await client.signOut();
  first(record(clock, "signed out"));
  expect(await call).toBe("from the session");
  expect(calls).toEqual(["load", "signOut"]);
  expect(await client.getAccessToken()).toBe("from the session");
});

test("is not given by a client that was closed, nor to a call that was aborted", async () => {
  const { client, clock, calls, look } = startClient();
  const stop = new AbortController();
  const aborted = client.getAccessToken({ signal: stop.signal });
  const closed = client.getAccessToken();
  const first = await look(1);
  stop.abort();
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  await client.close();
  await expect(closed).rejects.toMatchObject({ code: "aborted" });
  first(record(clock, "late"));
  await expect(client.getAccessToken()).rejects.toMatchObject({ code: "aborted" });
  expect(calls).toEqual([]);
});

test("news loads the session only where somebody listens", async () => {
  const { client, clock, calls, look, tellNews } = startClient();
  const call = client.getAccessToken();
  (await look(1))(record(clock, "a"));
  await call;
  tellNews();
  await clock.advance(0);
  expect(calls).toEqual([]);
  client.on("session", () => {});
  tellNews();
  await expect.poll(() => calls).toEqual(["load", "look"]);
});

test("LO-03 a sign-out that can load nothing deletes the session, and says what is left", async () => {
  const loadSession = () => Promise.reject(new NetworkError("offline"));
  const forgotten: string[] = [];
  const { client, clock, look } = startClient({ loadSession, forget: async () => void forgotten.push("session") });
  const call = client.getAccessToken();
  (await look(1))(record(clock, "a"));
  await call;
  const result = await client.signOut();
  expect([result.revocation, result.errors.map(({ code }) => code), forgotten]).toEqual([
    "failed",
    ["network"],
    ["session"],
  ]);
  const next = client.getAccessToken(never);
  (await look(2))(undefined);
  await expect(next).rejects.toMatchObject({ code: "network" });
});
