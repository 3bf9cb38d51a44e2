/** The machinery that checks the invariants must see a breach of each. I1, I4's rejections: test/support-tests/watch.test.ts. */
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { NetworkError, type OidcClient } from "../../src/node/index.js";
import { startFakeProvider } from "../support/fake-provider.js";
import { watchCalls } from "./world/calls.js";
import { watchHandles } from "./world/handles.js";
import { watchHosts } from "./world/hosts.js";

/** A client whose one method does what a test says. */
function clientThat(getAccessToken: () => Promise<string>): OidcClient {
  return { getAccessToken } as unknown as OidcClient;
}

test("I2: a call that fails with the session kept must leave the stored bytes", async () => {
  const records = { "a.json": "1" };
  const kept = watchCalls(() => records);
  const changed = watchCalls(() => records);
  const failing = clientThat(() => Promise.reject(new NetworkError("down")));
  kept.follow(failing);
  await failing.getAccessToken().catch(() => {});
  await kept.expectGood();
  const breaking = clientThat(async () => {
    records["a.json"] = "2";
    throw new NetworkError("down");
  });
  changed.follow(breaking);
  await breaking.getAccessToken().catch(() => {});
  await expect(changed.expectGood()).rejects.toThrow("I2: getAccessToken failed with network and changed the store");
});

test("I2: a change by the test's own hands is not the client's", async () => {
  const records = { "a.json": "1" };
  const calls = watchCalls(() => records);
  const client = clientThat(async () => {
    records["a.json"] = "2";
    calls.meddled();
    throw new NetworkError("down");
  });
  calls.follow(client);
  await client.getAccessToken().catch(() => {});
  await calls.expectGood();
});

test("I3: a call that never settles is told by its name", async () => {
  const calls = watchCalls(() => ({}), 20);
  const client = clientThat(() => new Promise(() => {}));
  calls.follow(client);
  void client.getAccessToken();
  await expect(calls.expectGood()).rejects.toThrow("I3: never settled: getAccessToken");
});

test("I4: a timer and a server that are left are told by their kinds", async () => {
  const expectNone = watchHandles(50);
  await expectNone();
  // More than one: a timer of the test runner's own may end meanwhile, and make room for another in the count.
  const timers = Array.from({ length: 10 }, () => setTimeout(() => {}, 60_000));
  await expect(expectNone()).rejects.toThrow("I4: handles are still open: Timeout");
  timers.forEach(clearTimeout);
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await expect(expectNone()).rejects.toThrow("TCPServerWrap");
});

test("I7: a request of a client to another origin is told, and one of anybody to another machine", async () => {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  const hosts = watchHosts();
  onTestFinished(() => hosts.stop());
  await hosts.fetch(provider.url("discovery"));
  hosts.expectOnly([provider.origin]);
  expect(() => hosts.expectOnly([])).toThrow(`I7: a request went to ${provider.origin}`);
  // Nobody has this name (RFC 6761), so that the request ends before it leaves.
  await fetch("http://nobody.invalid/").catch(() => {});
  expect(() => hosts.expectOnly([provider.origin])).toThrow("I7: a request went to http://nobody.invalid");
});
