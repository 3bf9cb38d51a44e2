/** A sign-in that is asked for again: the browser's tab of the first one may be closed by now. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";

/** Below those that the system gives to whoever asks for any: nobody else here gets it. */
const PORT = 23_813;

interface Desk {
  readonly provider: FakeProvider;
  readonly client: OidcClient;
  /** The addresses that the browser was given. */
  readonly opened: string[];
  nextAddress(count: number): Promise<string>;
}

async function setUp(more: Partial<OidcClientOptions> = {}): Promise<Desk> {
  const provider = await startFakeProvider();
  const opened: string[] = [];
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    extraScopes: ["offline_access"],
    allowInsecureLoopback: true,
    storage: "memory",
    onAuthorizationUrl: () => {},
    openBrowser: (url) => void opened.push(url),
    ...more,
  });
  onTestFinished(async () => {
    await client.close();
    await provider.close();
  });
  const nextAddress = async (count: number) => {
    while (opened.length < count) await sleep(10);
    return opened[count - 1] as string;
  };
  return { provider, client, opened, nextAddress };
}

/** What a promise has come to so far. */
const soFar = async (promise: Promise<unknown>) =>
  await Promise.race([
    promise.then(
      () => "done",
      (error: { code: string }) => error.code,
    ),
    sleep(100).then(() => "waits"),
  ]);

describe("TM-16 signIn() while a sign-in waits for its browser", () => {
  it.each([
    ["any port", {}],
    ["one port", { loopback: { ports: [PORT] } }],
  ])("opens an address again at once, and the older call has the newer one's outcome: %s", async (_, more) => {
    const { client, provider, opened, nextAddress } = await setUp(more);
    const first = client.getAccessToken();
    await nextAddress(1);
    const second = client.signIn();
    const address = await nextAddress(2);
    expect(address).not.toBe(opened[0]);
    await provider.authorize(address);
    await second;
    expect(await first).toBe(await client.getAccessToken());
    expect([opened.length, provider.ledger.count("token")]).toEqual([2, 1]);
  });

  it("asks for what the newer call wants", async () => {
    const { client, nextAddress, provider } = await setUp();
    const first = client.signIn();
    await nextAddress(1);
    const second = client.signIn({ loginHint: "bob", prompt: "login" });
    const address = await nextAddress(2);
    expect(new URL(address).searchParams.get("login_hint")).toBe("bob");
    await provider.authorize(address);
    await Promise.all([first, second]);
  });

  it("leaves the address of the first time dead, and its refusal fails nobody", async () => {
    const { client, provider, nextAddress } = await setUp();
    const first = client.signIn();
    const old = await nextAddress(1);
    const second = client.signIn();
    const address = await nextAddress(2);
    await provider.authorize(old).catch(() => {});
    expect(await soFar(first)).toBe("waits");
    await provider.authorize(address);
    await Promise.all([first, second]);
  });

  it("is one sign-in where both are asked for at the same time", async () => {
    const { client, provider, opened, nextAddress } = await setUp();
    const both = [client.signIn(), client.signIn()];
    await provider.authorize(await nextAddress(1));
    await Promise.all(both);
    expect(opened).toHaveLength(1);
  });

  it("joins a sign-in whose code has come", async () => {
    const { client, provider, opened, nextAddress } = await setUp();
    let second: Promise<void> | undefined;
    provider.once("token", async (exchange) => {
      second = client.signIn();
      await sleep(100);
      return await exchange.next();
    });
    const first = client.signIn();
    await provider.authorize(await nextAddress(1));
    await first;
    await second;
    expect(opened).toHaveLength(1);
  });

  it("shows a new code where the first one is a device code, and the older call has the newer one's outcome", async () => {
    const codes: string[] = [];
    const { client, provider } = await setUp({
      flow: "device_code",
      onDeviceCode: ({ userCode }) => void codes.push(userCode),
    });
    provider.settings.deviceIntervalSeconds = 1;
    const first = client.getAccessToken();
    while (codes.length < 1) await sleep(10);
    const second = client.signIn();
    while (codes.length < 2) await sleep(10);
    provider.approveDevice(codes[1]);
    await second;
    expect(await first).toBe(await client.getAccessToken());
  });

  it("has all of its own time", async () => {
    const { client, provider, nextAddress } = await setUp({ loginTimeoutSeconds: 1 });
    const first = client.signIn();
    await nextAddress(1);
    await sleep(700);
    const second = client.signIn();
    const address = await nextAddress(2);
    await sleep(700);
    await provider.authorize(address);
    await Promise.all([first, second]);
  });

  it("ends with a sign-out like any other", async () => {
    const { client, nextAddress } = await setUp();
    const calls = [client.signIn()];
    await nextAddress(1);
    calls.push(client.signIn());
    await nextAddress(2);
    await client.signOut();
    for (const call of calls) await expect(call).rejects.toMatchObject({ reason: "signed_out" });
  });
});

describe("TM-16 getAccessToken() while a sign-in waits for its browser", () => {
  it("joins one that somebody still waits for, also where the first asker has gone", async () => {
    const { client, provider, opened, nextAddress } = await setUp();
    const gone = new AbortController();
    const first = client.getAccessToken({ signal: gone.signal });
    const address = await nextAddress(1);
    const second = client.getAccessToken();
    await sleep(20);
    gone.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    const third = client.getAccessToken();
    await provider.authorize(address);
    expect(await third).toBe(await second);
    expect(opened).toHaveLength(1);
  });

  it("begins its own once nobody waits", async () => {
    const { client, provider, nextAddress } = await setUp({ loopback: { ports: [PORT] } });
    const gone = new AbortController();
    const first = client.getAccessToken({ signal: gone.signal });
    await nextAddress(1);
    gone.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    const second = client.getAccessToken();
    await provider.authorize(await nextAddress(2));
    expect(await second).toMatch(/^eyJ/);
  });
});
