/** The device flow: what is asked for, and how long a poll waits. */
import { expect, test } from "vitest";
import type { OidcClientOptions } from "../../src/options/options.js";
import { startDeviceFlow } from "../../src/protocol/device.js";
import type { Hook } from "../support/fake-provider.js";
import { connect } from "./connection.js";

/** Begins a login whose person has approved already. */
async function approved(options: Partial<OidcClientOptions> = {}) {
  const connection = await connect({ deviceIntervalSeconds: 1 }, options);
  const { provider, server, clock } = connection;
  const { signal } = new AbortController();
  const device = await startDeviceFlow(server, signal);
  provider.approveDevice();
  /** Lets a second pass, and waits for the poll that falls due then. */
  const second = async () => {
    const before = provider.ledger.count("token");
    await clock.waitForSleepers();
    await clock.advance(1000);
    return () => provider.ledger.count("token") - before;
  };
  return { ...connection, second, polled: () => device.poll(signal) };
}

const WAITED: [string, Hook][] = [
  ["PV-09 200 authorization_pending", () => ({ status: 200, json: { error: "authorization_pending" } })],
  ["PV-09 201 authorization_pending", () => ({ status: 201, json: { error: "authorization_pending" } })],
  ["SE-19 400 temporarily_unavailable", (exchange) => exchange.error("temporarily_unavailable")],
  ["SE-19 400 server_error", (exchange) => exchange.error("server_error")],
  ["503", () => ({ status: 503, json: {} })],
  ["a captive portal's page", (exchange) => exchange.html(200, "<html>hotel</html>")],
];

test.each(WAITED)("a poll that is answered %s is waited out", async (_title, hook) => {
  const { provider, clock, polled } = await approved();
  provider.once("token", hook);
  const login = polled();
  await clock.waitForSleepers();
  await clock.advance(1000);
  // The next pause begins when the answer has come.
  await expect.poll(() => clock.pendingMs).toEqual([1000]);
  await clock.advance(1000);
  expect((await login).idToken).toBeDefined();
});

test("PV-09 200 slow_down adds five seconds", async () => {
  const { provider, clock, polled } = await approved();
  provider.once("token", () => ({ status: 200, json: { error: "slow_down", interval: 1 } }));
  const login = polled();
  await clock.waitForSleepers();
  await clock.advance(1000);
  await expect.poll(() => clock.pendingMs).toEqual([6000]);
  await clock.advance(6000);
  await login;
});

test.each(["access_denied", "invalid_grant"])("PV-09 200 %s ends the login", async (error) => {
  const { provider, clock, polled } = await approved();
  provider.once("token", () => ({ status: 200, json: { error } }));
  const login = polled();
  login.catch(() => {});
  await clock.waitForSleepers();
  await clock.advance(1000);
  await expect(login).rejects.toMatchObject({ code: "provider", error });
});

test.each<[string, Hook, number[]]>([
  ["429", () => ({ status: 429, headers: { "retry-after": "4" }, json: {} }), [4000, 1000]],
  ["503", () => ({ status: 503, headers: { "retry-after": "4" }, json: {} }), [4000, 1000]],
  ["429 with less than the interval", () => ({ status: 429, headers: { "retry-after": "0" }, json: {} }), [1000, 1000]],
])(
  "SE-23 after %s with Retry-After no request comes before its end, and the pace is as before",
  async (_title, hook, pauses) => {
    const { provider, clock, polled } = await approved();
    provider.once("token", hook);
    provider.once("token", (exchange) => exchange.error("authorization_pending"));
    const login = polled();
    await clock.waitForSleepers();
    await clock.advance(1000);
    for (const pause of pauses) {
      await expect.poll(() => clock.pendingMs).toEqual([pause]);
      await clock.advance(pause);
    }
    await login;
    expect(provider.ledger.count("token")).toBe(3);
  },
);

test("SE-23 a Retry-After beyond the life of the code ends with the code", async () => {
  const { provider, clock, polled } = await approved();
  provider.once("token", () => ({ status: 429, headers: { "retry-after": "99999" }, json: {} }));
  const login = polled();
  login.catch(() => {});
  await clock.waitForSleepers();
  await clock.advance(1000);
  await expect.poll(() => clock.pendingMs).toEqual([599_000]);
  await clock.advance(599_000);
  await expect(login).rejects.toMatchObject({ code: "timeout" });
});

test.each<[string, Partial<OidcClientOptions>, string | null]>([
  [
    "the program's own",
    { authorizationParams: { audience: "https://api" }, audiences: ["https://api", "https://tenant/userinfo"] },
    "https://api",
  ],
  ["that of the option audiences", { audiences: ["a", "b"] }, "a b"],
  ["none", {}, null],
])("SE-16 the device request's audience is %s", async (_title, options, audience) => {
  const { provider } = await approved(options);
  const [request] = provider.requests.filter(({ endpoint }) => endpoint === "device_authorization");
  expect(request?.form.get("audience")).toBe(audience);
});
