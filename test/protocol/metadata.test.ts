/** Metadata and keys: when they are asked for, what they may hold, and what the errors say. */
import { describe, expect, test } from "vitest";
import { startDeviceFlow } from "../../src/protocol/device.js";
import { endSessionRequest, revokeToken } from "../../src/protocol/sign-out.js";
import type { Hook } from "../support/fake-provider.js";
import { connect, tokensOf } from "./connection.js";

const HOUR_MS = 3_600_000;

const TROUBLES: [string, Hook][] = [
  ["503", () => ({ status: 503, json: {} })],
  ["a reset connection", (exchange) => exchange.reset()],
  ["404", () => ({ status: 404, body: "" })],
  ["a captive portal's page", (exchange) => exchange.html(200, "<html>hotel</html>")],
];

describe.each(TROUBLES)("SE-22 known documents whose lifetime is over, and %s", (_title, hook) => {
  test.each(["discovery", "jwks"] as const)("for %s: the refresh works with what is known", async (endpoint) => {
    const { provider, clock, session, refresh } = await connect({ rotateRefreshTokens: false });
    const record = await session();
    await clock.advance(HOUR_MS + 100_000);
    provider.on(endpoint, hook);
    provider.ledger.clear();
    for (let call = 0; call < 3; call += 1) tokensOf(await refresh(record));
    expect(provider.ledger.count("token")).toBe(3);
    // It is not asked for with each call: an endpoint in trouble may take its time.
    expect(provider.ledger.count(endpoint)).toBe(1);
  });
});

test("SE-22 a document that could not be had is asked for again after a minute", async () => {
  const { provider, clock, server } = await connect();
  await server.prepare();
  await clock.advance(HOUR_MS);
  provider.once("jwks", () => ({ status: 503, json: {} }));
  await server.keys();
  await clock.advance(60_000);
  await server.keys();
  await server.keys();
  expect(provider.ledger.count("jwks")).toBe(3);
});

test("SE-22 known documents do not serve for longer than a day", async () => {
  const { provider, clock, server } = await connect();
  await server.prepare();
  await clock.advance(24 * HOUR_MS);
  provider.on("jwks", () => ({ status: 503, json: {} }));
  await expect(server.keys()).rejects.toMatchObject({ code: "network" });
});

test("SE-22 documents of an earlier page serve a client in trouble too", async () => {
  const first = await connect();
  await first.server.prepare();
  const snapshot = first.server.snapshot();
  await first.clock.advance(2 * HOUR_MS);
  first.provider.on("discovery", () => ({ status: 503, json: {} }));
  const { AuthorizationServer } = await import("../../src/protocol/authorization-server.js");
  const second = new AuthorizationServer(first.server.config, first.clock);
  second.restore(snapshot as never);
  expect(await second.metadata()).toMatchObject({ issuer: first.provider.issuer });
});

test.each([
  "userinfo_endpoint",
  "device_authorization_endpoint",
  "end_session_endpoint",
  "revocation_endpoint",
  "pushed_authorization_request_endpoint",
])("PV-12 an %s that is not used may be anything", async (endpoint) => {
  for (const value of ["http://internal.example/x", "javascript:alert(1)", 5, {}]) {
    const { provider, session, refresh } = await connect();
    provider.metadata[endpoint] = value;
    tokensOf(await refresh(await session()));
  }
});

test("PV-12 an endpoint that is used is checked: nothing is sent to it", async () => {
  const { provider, server } = await connect();
  for (const endpoint of ["device_authorization_endpoint", "end_session_endpoint", "revocation_endpoint"])
    provider.metadata[endpoint] = "http://internal.example/x";
  const { signal } = new AbortController();
  const expected = (endpoint: string) => ({ code: "discovery", message: expect.stringContaining(endpoint) });
  await expect(startDeviceFlow(server, signal)).rejects.toMatchObject(expected("device_authorization_endpoint"));
  await expect(endSessionRequest(server, undefined, undefined, {})).rejects.toMatchObject(
    expected("end_session_endpoint"),
  );
  await expect(revokeToken(server, "x", "refresh_token")).rejects.toMatchObject(expected("revocation_endpoint"));
});

test("PV-10 members of the metadata that are null are absent", async () => {
  const { provider, server, login } = await connect();
  for (const member of ["end_session_endpoint", "revocation_endpoint", "require_pushed_authorization_requests"])
    provider.metadata[member] = null;
  provider.metadata.token_endpoint_auth_methods_supported = null;
  provider.metadata.authorization_response_iss_parameter_supported = null;
  await login();
  expect(await endSessionRequest(server, undefined, undefined, {})).toBeUndefined();
  expect(await revokeToken(server, "x", "refresh_token")).toBe(false);
});

describe("DX-03 what the discovery address answers", () => {
  test.each<[string, Hook, object, RegExp]>([
    ["404 with a page", (exchange) => exchange.html(404, "<html>"), { code: "discovery", retryable: false }, /404/],
    ["404 with nothing", () => ({ status: 404, body: "" }), { code: "discovery", retryable: false }, /option issuer/],
    ["403 with JSON", () => ({ status: 403, json: {} }), { code: "discovery", retryable: false }, /403/],
    [
      "NF-06 a page with 400, as of a proxy",
      (exchange) => exchange.html(400, "<html>"),
      { code: "response", retryable: true },
      /status 400.*captive portal/,
    ],
    [
      "a page with 403, as of a proxy",
      (exchange) => exchange.html(403, "\n<!doctype html>"),
      { code: "response", retryable: true },
      /status 403.*option issuer/,
    ],
    [
      "a page with 200",
      (exchange) => exchange.html(200, "<html>"),
      { code: "response", retryable: true },
      /option issuer.*captive portal/,
    ],
    [
      "JSON as text/plain",
      async (exchange) => ({ ...(await exchange.next()), headers: { "content-type": "text/plain" } }),
      { code: "response", retryable: true },
      /text\/plain(?!.*portal)/,
    ],
  ])("%s", async (_title, hook, expected, says) => {
    const { provider, server } = await connect();
    provider.on("discovery", hook);
    await expect(server.metadata()).rejects.toMatchObject({ ...expected, message: expect.stringMatching(says) });
    await expect(server.metadata()).rejects.toThrow(`${provider.issuer}/.well-known/openid-configuration`);
  });
});

test("DX-04 metadata of another issuer: the message holds both spellings", async () => {
  const { provider, server } = await connect();
  provider.metadata.issuer = `${provider.issuer}/`;
  await expect(server.metadata()).rejects.toMatchObject({ code: "discovery" });
  await expect(server.metadata()).rejects.toThrow(`"${provider.issuer}/"`);
  await expect(server.metadata()).rejects.toThrow(`"${provider.issuer}"`);
});

test("DX-03 a redirect of the metadata: its address and its target are named, without a query", async () => {
  const { provider, server } = await connect();
  provider.on("discovery", (exchange) =>
    exchange.redirect(`${provider.origin}/new/${"x".repeat(300)}?key=CANARY#CANARY`, 301),
  );
  const error = await server.metadata().catch((reason: Error) => reason as Error);
  expect(error).toMatchObject({ code: "response" });
  const { message } = error as Error;
  expect(message).toMatch(
    new RegExp(
      `^The provider's metadata \\(${provider.issuer}/.well-known/openid-configuration\\) answered with a redirect to ${provider.origin}/new/x+, which is not followed\\. Check the options issuer and discoveryUrl\\.`,
    ),
  );
  expect(message).not.toContain("CANARY");
  expect(message.length).toBeLessThan(500);
});

test("DX-04 a host that is not there is named", async () => {
  const { server } = await connect({}, { issuer: "https://no-such-host.invalid/identity" });
  await expect(server.metadata()).rejects.toMatchObject({
    code: "network",
    message: expect.stringContaining("no-such-host.invalid"),
  });
});
