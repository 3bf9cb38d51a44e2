import { expect, test } from "vitest";
import type { DeviceCodePrompt, OidcClientOptions } from "../../src/node/index.js";
import { startWorld, type World } from "./world.js";

const options = (onDeviceCode: (prompt: DeviceCodePrompt) => void | Promise<void>): Partial<OidcClientOptions> => ({
  flow: "device_code",
  onDeviceCode,
});
const approving = (world: World) => options(({ userCode }) => void world.provider.approveDevice(userCode));

const gaps = (world: World) => {
  const times = world.provider.requests.filter(({ endpoint }) => endpoint === "token").map(({ time }) => time);
  return times.slice(1).map((time, index) => time - (times[index] as number));
};

test("DV-01 polls are never closer than the interval", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 1 });
  world.provider.once("token", (exchange) => exchange.error("authorization_pending"));
  world.provider.once("token", (exchange) => exchange.error("authorization_pending"));
  await world.client(approving(world)).getAccessToken();
  expect(gaps(world).length).toBe(2);
  for (const gap of gaps(world)) expect(gap).toBeGreaterThanOrEqual(990);
});

test("DV-03 slow_down adds five seconds that stay", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.2 });
  world.provider.once("token", (exchange) => exchange.error("slow_down"));
  await world.client(approving(world)).getAccessToken();
  for (const gap of gaps(world)) expect(gap).toBeGreaterThanOrEqual(5190);
});

test.each([
  ["access_denied", { code: "provider", error: "access_denied" }],
  ["expired_token", { code: "timeout" }],
  ["invalid_client", { code: "provider", error: "invalid_client" }],
])("DV-04 %s ends the polling at once", async (code, expected) => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  world.provider.on("token", (exchange) => exchange.error(code));
  expect(await world.failure(world.client(options(() => {})).getAccessToken())).toMatchObject(expected);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("DV-07 a code that expires without a word ends the login by itself", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.2, deviceExpiresInSeconds: 1 });
  world.provider.on("token", (exchange) => exchange.error("authorization_pending"));
  expect(await world.failure(world.client(options(() => {})).getAccessToken())).toMatchObject({
    code: "timeout",
    retryable: true,
  });
});

test.each([
  "javascript:alert(1)",
  "file:///etc/passwd",
  "https://user:pw@example.com/device",
  "http://example.com/device",
  "nonsense",
])("DV-08 the verification address %s is ResponseError, and is not shown", async (uri) => {
  const world = await startWorld();
  world.provider.on("device_authorization", async (exchange) => {
    const answer = await exchange.next();
    answer.json.verification_uri = uri;
    return answer;
  });
  const shown: unknown[] = [];
  expect(
    await world.failure(world.client(options((prompt) => void shown.push(prompt))).getAccessToken()),
  ).toMatchObject({ code: "response" });
  expect(shown).toEqual([]);
});

test("LG-04 what the callback is given drives no terminal", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  let own = "";
  world.provider.on("device_authorization", async (exchange) => {
    const answer = await exchange.next();
    own = answer.json.user_code;
    const address = `${world.provider.origin}/device\u001b[31m\u202e`;
    Object.assign(answer.json, {
      user_code: `${own}\u001b]0;pwn\u0007\u202e\r\nX`,
      verification_uri: address,
      verification_uri_complete: `${address}?code=\u001b[2J`,
    });
    return answer;
  });
  let shown: DeviceCodePrompt | undefined;
  const show = (prompt: DeviceCodePrompt) => {
    shown = prompt;
    world.provider.approveDevice(own);
  };
  await world.client(options(show)).getAccessToken();
  const address = `${world.provider.origin}/device%1B[31m%E2%80%AE`;
  expect(shown).toMatchObject({
    userCode: `${own} ]0;pwn X`,
    verificationUri: address,
    verificationUriComplete: `${address}?code=%1B[2J`,
  });
});

test("a code of nothing that can be read is ResponseError", async () => {
  const world = await startWorld();
  world.provider.on("device_authorization", async (exchange) => {
    const answer = await exchange.next();
    answer.json.user_code = "\u001b\u202e\n";
    return answer;
  });
  expect(await world.failure(world.client(options(() => {})).getAccessToken())).toMatchObject({ code: "response" });
});

test("DV-10 with a complete address the code is given too", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  let prompt: DeviceCodePrompt | undefined;
  await world
    .client(options((given) => ((prompt = given), void world.provider.approveDevice(given.userCode))))
    .getAccessToken();
  expect(prompt).toMatchObject({
    userCode: expect.any(String),
    verificationUri: expect.any(String),
    expiresInSeconds: 600,
  });
});

test("DV-11 an abort between two polls is AbortedError at once", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 60 });
  const controller = new AbortController();
  const call = world
    .client(options(() => void setTimeout(() => controller.abort(), 20)))
    .getAccessToken({ signal: controller.signal });
  expect(await world.failure(call)).toMatchObject({ code: "aborted" });
  expect(world.provider.ledger.count("token")).toBe(0);
});

test("DV-13 without a device endpoint: EnvironmentError; an answer without device_code: ResponseError; no polling", async () => {
  const world = await startWorld();
  world.provider.on("device_authorization", async (exchange) => {
    const answer = await exchange.next();
    delete answer.json.device_code;
    return answer;
  });
  expect(await world.failure(world.client(options(() => {})).getAccessToken())).toMatchObject({ code: "response" });
  world.provider.metadata.device_authorization_endpoint = undefined;
  expect(await world.failure(world.client(options(() => {})).getAccessToken())).toMatchObject({ code: "environment" });
  expect(world.provider.ledger.count("token")).toBe(0);
});

test("network faults and foreign pages while polling are waited out", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  world.provider.once("token", (exchange) => exchange.reset());
  world.provider.once("token", (exchange) => exchange.html(503, "down"));
  world.provider.once("token", (exchange) => exchange.html(200, "hotel"));
  world.provider.once("token", (exchange) => exchange.html(400, "hotel"));
  world.provider.once("token", () => ({ status: 429, json: {} }));
  world.provider.ledger.clear();
  await world.client(approving(world)).getAccessToken();
  expect(world.provider.ledger.count("token")).toBe(6);
});

test.each<[string, () => Promise<void>]>([
  ["rejects", () => Promise.reject(new Error("CANARY: no screen"))],
  [
    "throws",
    () => {
      throw new Error("CANARY: no screen");
    },
  ],
])("a prompt that %s ends the login", async (_title, onDeviceCode) => {
  const world = await startWorld();
  const error = await world.failure(world.client(options(onDeviceCode)).getAccessToken());
  expect(error).toMatchObject({ code: "environment", sessionKept: true });
  expect(error.message).not.toContain("CANARY");
});

test("CEGAL_KEYSTONE_AUTH_DEVICE_FLOW turns auth_code into the device flow, and leaves auth_code_no_fallback", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW = "true";
  try {
    await world.client({ ...approving(world), flow: "auth_code" }).getAccessToken();
    expect(world.opened()).toBe(0);
    await world.client({ flow: "auth_code_no_fallback" }).signIn();
    expect(world.opened()).toBe(1);
  } finally {
    delete process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW;
  }
});
