/** The way back from the provider's logout page to a loopback address, over real sockets. */
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { OidcClient } from "../../src/node/index.js";
import { startWorld, type World } from "../hostile/world.js";
import { visit } from "../support/fake-provider/visit.js";
import { listenOnLoopback } from "../support/loopback-server.js";
import { isClosed, knock } from "./loopback/knock.js";

const page = { providerSession: true } as const;

/** Below those that the system gives to whoever asks for any: nobody else here gets it meanwhile. */
const freePort = (): number => 20_000 + Math.floor(Math.random() * 12_000);

/** A client whose sign-out waits: `address` is that of the provider's page, once it was opened. */
function waiting(world: World, postLogoutRedirectUri: string, signal?: AbortSignal) {
  let open: (url: URL) => void = () => {};
  const address = new Promise<URL>((resolve) => (open = resolve));
  const client = world.client({ postLogoutRedirectUri, openBrowser: (url) => open(new URL(url)) });
  const result = client.signOut({ ...page, ...(signal && { signal }) });
  return { client, address, result };
}

const returnOf = (address: URL) => address.searchParams.get("post_logout_redirect_uri") ?? "";
const stateOf = (address: URL) => address.searchParams.get("state") ?? "";

test("LO-01 the request has id_token_hint, client_id, the URI to the letter and a state of its own; the return with it is the end", async () => {
  const world = await startWorld();
  const uri = `http://127.0.0.1:${freePort()}/bye?from=tool`;
  const states = new Set<string>();
  for (const _ of [1, 2]) {
    const { idToken } = await world.client().getTokenSet();
    let walk: ReturnType<typeof visit> | undefined;
    let address = new URL("http://x");
    // The person is faster than the opener.
    const openBrowser = async (url: string) => {
      address = new URL(url);
      walk = visit(url);
      await walk;
    };
    const client = world.client({ postLogoutRedirectUri: uri, openBrowser });
    expect(await client.signOut(page)).toEqual({ revocation: "done", providerSession: "ended", errors: [] });
    expect(Object.fromEntries(address.searchParams)).toEqual({
      client_id: "prizm",
      id_token_hint: idToken,
      post_logout_redirect_uri: uri,
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    states.add(stateOf(address));
    const shown = await walk;
    expect(shown).toMatchObject({ status: 200, finalUrl: `${uri}&state=${stateOf(address)}` });
    expect(shown?.body).toMatch(/You are signed out.*go back to prizm/s);
    expect(await isClosed(uri)).toBe(true);
    await world.signIn();
  }
  expect(states.size).toBe(2);
});

describe("LO-02 is not taken for the return, and waits on:", () => {
  test.each<[string, (state: string) => string, Parameters<typeof knock>[2], number]>([
    ["another state", () => "/bye?state=other", {}, 400],
    ["no state", () => "/bye", {}, 400],
    ["an empty state", () => "/bye?state=", {}, 400],
    ["a doubled state", (state) => `/bye?state=${state}&state=${state}`, {}, 400],
    ["another path", (state) => `/?state=${state}`, {}, 404],
    ["another spelling of the path", (state) => `/%62ye?state=${state}`, {}, 404],
    ["another host", (state) => `/bye?state=${state}`, { host: "evil.example" }, 421],
    ["another method", (state) => `/bye?state=${state}`, { method: "HEAD" }, 405],
  ])("%s", async (_title, target, options, status) => {
    const world = await startWorld();
    await world.signIn();
    const { address, result } = waiting(world, "http://127.0.0.1/bye");
    const uri = returnOf(await address);
    const stranger = await knock(uri, target(stateOf(await address)), options);
    expect(stranger.status).toBe(status);
    expect(stranger.body).not.toMatch(/signed/i);
    // Still listening, and still with our state.
    expect((await knock(uri, `/bye?state=${stateOf(await address)}`)).status).toBe(200);
    expect((await result).providerSession).toBe("ended");
  });
});

test.each([
  ["http://127.0.0.1", /^http:\/\/127\.0\.0\.1:\d+$/, "127.0.0.1"],
  ["http://127.0.0.1:0/bye", /^http:\/\/127\.0\.0\.1:\d+\/bye$/, "127.0.0.1"],
  ["http://localhost/bye", /^http:\/\/localhost:\d+\/bye$/, "127.0.0.1"],
  ["http://localhost/bye", /^http:\/\/localhost:\d+\/bye$/, "[::1]"],
  ["http://[::1]/bye?a=b", /^http:\/\/\[::1\]:\d+\/bye\?a=b$/, "[::1]"],
])("LO-01 %s is asked for with the port that was had, and listened at", async (uri, sent, at) => {
  const world = await startWorld();
  await world.signIn();
  const { address, result } = waiting(world, uri);
  const came = new URL(returnOf(await address));
  expect(came.href.replace(/\/$/, uri.endsWith("1") ? "" : "/")).toMatch(sent);
  const { host } = came;
  const target = `${came.pathname}?state=${stateOf(await address)}`;
  expect((await knock(`http://${at}:${came.port}`, target, { host })).status).toBe(200);
  expect((await result).providerSession).toBe("ended");
});

test("LO-01 a port that somebody else has holds up nothing: the page is asked without a way back", async () => {
  const world = await startWorld();
  await world.signIn();
  const asked: unknown[] = [];
  const other = await listenOnLoopback(createServer((request, response) => void (asked.push(request), response.end())));
  const uri = `http://127.0.0.1:${other.port}/bye`;
  let address = new URL("http://x");
  const openBrowser = async (url: string) => {
    address = new URL(url);
    await visit(url);
  };
  const client = world.client({ postLogoutRedirectUri: uri, openBrowser });
  expect(await client.signOut(page)).toEqual({ revocation: "done", providerSession: "asked", errors: [] });
  await other.close();
  expect([...address.searchParams.keys()].sort()).toEqual(["client_id", "id_token_hint"]);
  expect(asked).toEqual([]);
  expect(world.lines.join("\n")).toMatch(/left out: port \d+ of 127\.0\.0\.1: EADDRINUSE/);
});

test.each(["https://app.example/bye", "https://127.0.0.1:8443/bye", "com.example.app:/bye"])(
  "LO-01 %s goes into the request with a state, and nothing is listened to",
  async (uri) => {
    const world = await startWorld();
    await world.signIn();
    const { address, result } = waiting(world, uri);
    expect(await result).toEqual({ revocation: "done", providerSession: "asked", errors: [] });
    expect(returnOf(await address)).toBe(uri);
    expect(stateOf(await address)).not.toBe("");
  },
);

test("LO-01 a request of more than 2,000 characters goes without the hint, and the return is seen", async () => {
  const world = await startWorld({ editIdToken: (claims) => ({ ...claims, note: "y".repeat(2000) }) });
  await world.signIn();
  const { address, result } = waiting(world, "http://127.0.0.1");
  expect((await address).searchParams.get("id_token_hint")).toBeNull();
  expect((await address).searchParams.get("client_id")).toBe("prizm");
  await knock(returnOf(await address), `/?state=${stateOf(await address)}`);
  expect((await result).providerSession).toBe("ended");
});

test("postLogoutRedirectUri that cannot be used is refused", () => {
  for (const uri of ["javascript:alert(1)", "/bye", "http://127.0.0.1:8400/#x", "http://127.0.0.1:70000/"])
    expect(
      () => new OidcClient({ clientId: "prizm", issuer: "https://id.example", postLogoutRedirectUri: uri }),
    ).toThrow(expect.objectContaining({ code: "configuration", option: "postLogoutRedirectUri" }));
});
