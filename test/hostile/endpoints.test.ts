/** The faults of the network rows, at every endpoint that a client asks: documented errors in time, and the session kept. */
import { expect, test } from "vitest";
import type { OidcClient, OidcClientOptions } from "../../src/node/index.js";
import type { EndpointName, FakeProviderOptions, Hook } from "../support/fake-provider.js";
import { startWorld, type World } from "./world.js";

const faults: [string, Hook, string][] = [
  ["NF-03 a 500", () => ({ status: 500, json: { error: "server_error" } }), "network"],
  ["NF-03 a 503 with a page", (exchange) => exchange.html(503, "<html>down</html>"), "network"],
  ["NF-02 a reset", (exchange) => exchange.reset(), "network"],
  ["NF-02 an early end", (exchange) => exchange.endEarly('{"a":1'), "network"],
  ["NF-06 a captive portal", (exchange) => exchange.html(200, "<html>hotel</html>"), "response"],
  ["NF-06 a 407", (exchange) => exchange.html(407, "<html>proxy</html>"), "response"],
  ["NF-07 a body that stalls", (exchange) => exchange.stallAfterHeaders('{"a'), "timeout"],
  ["NF-07 no answer", (exchange) => exchange.hang(), "timeout"],
  ["NF-07 a body that trickles", (exchange) => exchange.trickle("x".repeat(4000)), "timeout"],
  ["NF-09 a 307 to another host", (exchange) => exchange.redirect("https://evil.example/", 307), "response"],
  ["NF-09 a 308 to the same host", (exchange) => exchange.redirect(exchange.request.url, 308), "response"],
  ["NF-09 a 303", (exchange) => exchange.redirect("https://evil.example/", 303), "response"],
  ["a body of two megabytes", (exchange) => exchange.huge(2 * 1024 * 1024), "response"],
];

interface Way {
  readonly endpoint: EndpointName;
  readonly provider?: FakeProviderOptions;
  readonly options?: Partial<OidcClientOptions>;
  readonly call: (client: OidcClient, world: World) => Promise<unknown>;
}

const ways: [string, Way][] = [
  ["discovery", { endpoint: "discovery", call: (client) => client.getAccessToken({ forceRefresh: true }) }],
  ["key set", { endpoint: "jwks", call: (client) => client.getAccessToken({ forceRefresh: true }) }],
  [
    "pushed authorization request",
    { endpoint: "par", provider: { requirePushedAuthorizationRequests: true }, call: (client) => client.signIn() },
  ],
  [
    "device authorization",
    {
      endpoint: "device_authorization",
      options: { flow: "device_code", onDeviceCode: () => {} },
      call: (client) => client.signIn(),
    },
  ],
  ["code exchange", { endpoint: "token", call: (client) => client.signIn() }],
];

/** Faults of an endpoint whose answer may be an OAuth error are told a little differently, and no worse. */
const also = (endpoint: EndpointName, title: string) =>
  endpoint === "discovery" || endpoint === "jwks"
    ? []
    : title.includes("stalls") || title.includes("early")
      ? ["network"]
      : [];

for (const [place, { endpoint, provider, options, call }] of ways) {
  test(`NF-02 NF-03 NF-06 NF-07 NF-09 each fault at the ${place} is told in time and keeps the session`, async () => {
    const world = await startWorld({ ...provider, rotateRefreshTokens: false });
    await world.signIn();
    const before = world.stored();
    for (const [title, hook, code] of faults) {
      world.provider.once(endpoint, hook);
      const client = world.client({ requestTimeoutSeconds: 0.4, ...options });
      const error = await world.failure(call(client, world));
      expect([code, ...also(endpoint, title)], title).toContain(error.code);
      expect({ kept: error.sessionKept, retryable: error.retryable }, title).toEqual({ kept: true, retryable: true });
      expect(world.stored(), title).toEqual(before);
      await client.close();
    }
  }, 60_000);
}

test("NF-02 NF-03 NF-07 NF-09 each fault at the revocation leaves the sign-out done, and is told in its result", async () => {
  const world = await startWorld();
  for (const [title, hook] of faults) {
    await world.signIn();
    const remove = world.provider.on("revocation", hook);
    const client = world.client({ requestTimeoutSeconds: 0.4 });
    const result = await client.signOut();
    remove();
    // What a 200 says beside its status says nothing more (RFC 7009 §2.2).
    const isDone = title.includes("captive portal");
    expect(result.revocation, title).toBe(isDone ? "done" : "failed");
    expect(result.errors.length, title).toBe(isDone ? 0 : 1);
    expect(world.stored(), title).toEqual({});
  }
}, 60_000);
