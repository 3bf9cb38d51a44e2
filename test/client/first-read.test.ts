/** The first read of a stored session in a page, and what may come between it and its use. */
import { expect, test } from "vitest";
import { OidcClientCore } from "../../src/client/client.js";
import type { ClientParts } from "../../src/client/parts.js";
import type { StoredToken } from "../../src/client/first-read.js";
import type { SessionAccess } from "../../src/client/session-access.js";
import { NetworkError } from "../../src/errors.js";
import { readNodeOptions } from "../../src/node/options.js";
import { createMark } from "../../src/session/sign-out-mark.js";
import type { SessionRecord } from "../../src/token-set.js";
import { FakeClock } from "../support/fake-clock.js";

const config = readNodeOptions({ clientId: "app", issuer: "https://id.example" }, {} as NodeJS.ProcessEnv);
const never = { interaction: "never" } as const;

class Client extends OidcClientCore {
  constructor(parts: ClientParts) {
    super(config, parts);
  }
}

/** A client whose reads of the store are in the test's hands: each waits for what it shall find. */
function startClient(changes: Partial<ClientParts> = {}, stored: Partial<StoredToken> = {}) {
  const clock = new FakeClock();
  const reads: ((found: SessionRecord | undefined) => void)[] = [];
  const calls: string[] = [];
  let change = () => {};
  // The rest of the client, which a page loads on demand: a stand-in that notes what it is asked for.
  const access = {
    session: { open: async () => {}, readStored: async () => void calls.push("read") },
    get: async () => record(clock, "from the session"),
    signOut: async () => void calls.push("signOut"),
    close: async () => void calls.push("close"),
  } as unknown as SessionAccess;
  const client = new Client({
    clock,
    access: async () => {
      calls.push("load");
      return access;
    },
    storedToken: {
      read: (onChange) => {
        change = onChange;
        return new Promise((resolve) => reads.push(resolve));
      },
      remove: async () => createMark(0),
      close: () => {},
      ...stored,
    },
    ...changes,
  });
  const read = async (number: number) => {
    await expect.poll(() => reads.length).toBe(number);
    return reads[number - 1] as (found: SessionRecord | undefined) => void;
  };
  return { client, clock, calls, read, change: () => change() };
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

test("is given to all who ask at once after one read, and from memory then, with nothing loaded", async () => {
  const { client, clock, calls, read } = startClient();
  const [one, other] = [client.getAccessToken(), client.getAccessToken(never)];
  (await read(1))(record(clock, "a"));
  expect(await Promise.all([one, other, client.getAccessToken()])).toEqual(["a", "a", "a"]);
  expect(calls).toEqual([]);
});

test("that does not satisfy the call is left to the session", async () => {
  const { client, clock, read } = startClient();
  const call = client.getAccessToken({ rejectedToken: "a" });
  (await read(1))(record(clock, "a"));
  expect(await call).toBe("from the session");
});

test("MT-07 is looked at again when news came meanwhile, and after later news", async () => {
  const { client, clock, read, change } = startClient();
  const call = client.getAccessToken();
  const first = await read(1);
  change();
  first(record(clock, "old"));
  (await read(2))(record(clock, "new"));
  expect(await call).toBe("new");
  change();
  const next = client.getAccessToken();
  (await read(3))(record(clock, "newest"));
  expect(await next).toBe("newest");
});

test("is not believed where a sign-out came before the read was over", async () => {
  const { client, clock, calls, read } = startClient();
  const call = client.getAccessToken();
  const first = await read(1);
  const out = client.signOut();
  (await read(2))(undefined);
  await out;
  first(record(clock, "signed out"));
  expect(await call).toBe("from the session");
  expect(calls).toEqual(["load", "signOut"]);
  expect(await client.getAccessToken()).toBe("from the session");
});

test("is not given by a client that was closed, nor to a call that was aborted", async () => {
  const { client, clock, calls, read } = startClient();
  const stop = new AbortController();
  const aborted = client.getAccessToken({ signal: stop.signal });
  const closed = client.getAccessToken();
  const first = await read(1);
  stop.abort();
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  await client.close();
  await expect(closed).rejects.toMatchObject({ code: "aborted" });
  first(record(clock, "late"));
  await expect(client.getAccessToken()).rejects.toMatchObject({ code: "aborted" });
  expect(calls).toEqual([]);
});

test("news loads the session only where somebody listens", async () => {
  const { client, clock, calls, read, change } = startClient();
  const call = client.getAccessToken();
  (await read(1))(record(clock, "a"));
  await call;
  change();
  await clock.advance(0);
  expect(calls).toEqual([]);
  client.on("session", () => {});
  change();
  await expect.poll(() => calls).toEqual(["load", "read"]);
});

test("LO-03 a sign-out that can load nothing deletes the session, and says what is left", async () => {
  const access = () => Promise.reject(new NetworkError("offline"));
  const forgotten: string[] = [];
  const { client, clock, read } = startClient(
    { access },
    {
      remove: async () => {
        forgotten.push("session");
        return createMark(0);
      },
    },
  );
  const call = client.getAccessToken();
  (await read(1))(record(clock, "a"));
  await call;
  const out = client.signOut();
  (await read(2))(record(clock, "a"));
  const result = await out;
  expect([result.revocation, result.errors.map(({ code }) => code), forgotten]).toEqual([
    "failed",
    ["network"],
    ["session"],
  ]);
  const next = client.getAccessToken(never);
  (await read(3))(undefined);
  await expect(next).rejects.toMatchObject({ code: "network" });
});

test("a sign-out ends the session here while the rest is still on its way: no token is given, and another session stays", async () => {
  const removed: (string | undefined)[] = [];
  let load = (_access: SessionAccess) => {};
  const told: unknown[] = [];
  const access = () => new Promise<SessionAccess>((resolve) => (load = resolve));
  const remove = async (id?: string) => {
    removed.push(id);
    return createMark(0);
  };
  const { client, clock, read } = startClient({ access }, { remove });
  const call = client.getAccessToken();
  (await read(1))(record(clock, "a"));
  expect(await call).toBe("a");
  const out = client.signOut();
  (await read(2))(record(clock, "a"));
  await expect.poll(() => removed).toEqual(["1"]);
  const next = client.getAccessToken(never);
  (await read(3))(record(clock, "a"));
  const loaded = {
    session: { open: async () => {} },
    get: () => Promise.reject(new NetworkError("stands for signed_out")),
    signOut: async (_request: unknown, ended: unknown) => void told.push(ended),
  };
  load(loaded as unknown as SessionAccess);
  await expect(next).rejects.toMatchObject({ code: "network" });
  await out;
  expect(told).toMatchObject([{ record: { id: "1" }, mark: { version: 1 } }]);
});

test("a sign-out that finds another session than the one that was given leaves it to the rest", async () => {
  const removed: unknown[] = [];
  const remove = async (id?: string) => {
    removed.push(id);
    return createMark(0);
  };
  const { client, clock, calls, read } = startClient({}, { remove });
  const call = client.getAccessToken();
  (await read(1))(record(clock, "a"));
  await call;
  const out = client.signOut();
  (await read(2))({ ...record(clock, "b"), id: "2" });
  await out;
  expect([removed, calls]).toEqual([[], ["load", "signOut"]]);
});
