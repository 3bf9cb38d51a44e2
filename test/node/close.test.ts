/** What `close()` ends, and what it leaves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OidcClient, type OidcClientOptions, twoStagePage } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { isClosed, knock } from "./loopback/knock.js";

let provider: FakeProvider;
let directory: string;

beforeEach(async () => {
  provider = await startFakeProvider();
  directory = await mkdtemp(join(tmpdir(), "keystone-auth-"));
});

afterEach(async () => {
  await provider.close();
  await rm(directory, { recursive: true, force: true });
});

function client(options: Partial<OidcClientOptions>): OidcClient {
  return new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    allowInsecureLoopback: true,
    storageDirectory: join(directory, "tokens"),
    ...options,
  });
}

const redirectUriOf = (url: string) => new URL(url).searchParams.get("redirect_uri") ?? "";

test("the further pages of a login end, and the port is free", async () => {
  let redirectUri = "";
  let landed: Promise<unknown> = Promise.resolve();
  const one = client({
    pageHandler: twoStagePage({ first: "<p>one", path: "/two", second: () => "<p>two" }),
    openBrowser: (url) => {
      redirectUri = redirectUriOf(url);
      landed = provider.authorize(url);
    },
  });
  await one.getAccessToken();
  await landed;
  expect(await isClosed(redirectUri)).toBe(false);
  await one.close();
  await expect.poll(() => isClosed(redirectUri)).toBe(true);
});

test("the calls that wait for a login end with AbortedError, the port is free, and later calls are refused", async () => {
  let redirectUri = "";
  let opened = () => {};
  const isOpen = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const one = client({
    openBrowser: (url) => {
      redirectUri = redirectUriOf(url);
      opened();
    },
  });
  const call = one.getAccessToken();
  const outcome = call.catch((error: unknown) => error);
  await isOpen;
  expect((await knock(redirectUri, "/elsewhere")).status).toBe(404);
  await one.close();
  expect(await outcome).toMatchObject({ code: "aborted", sessionKept: true });
  await expect.poll(() => isClosed(redirectUri)).toBe(true);
  await expect(one.getAccessToken()).rejects.toMatchObject({ code: "aborted" });
  await expect(one.signOut()).rejects.toMatchObject({ code: "aborted" });
});

test("the session stays: the next client has its token without a login", async () => {
  const openBrowser = (url: string) => void provider.authorize(url);
  const one = client({ openBrowser });
  const token = await one.getAccessToken();
  await one.close();
  await one.close();
  expect(await client({ interaction: "never" }).getAccessToken()).toBe(token);
});
