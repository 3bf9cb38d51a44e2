import { expect, test } from "vitest";
import { startWorld, type World } from "./world.js";

/** Takes the provider's answer apart on its way, sends it to the loopback, and gives the statuses. */
function tampering(world: World, tamper: (url: URL) => readonly (URL | string)[], statuses: number[] = []) {
  const openBrowser = async (address: string) => {
    const { callbackUrl } = await world.provider.authorize(address, { follow: false });
    for (const url of tamper(new URL(callbackUrl as string))) statuses.push((await fetch(url)).status);
  };
  return { openBrowser, statuses };
}

const edited = (url: URL, edit: (parameters: URLSearchParams) => void) => {
  const copy = new URL(url);
  edit(copy.searchParams);
  return copy;
};

test.each<[string, (url: URL) => URL]>([
  ["CB-01 no state", (url) => edited(url, (p) => p.delete("state"))],
  ["CB-02 state + 1", (url) => edited(url, (p) => p.set("state", `${p.get("state")}1`))],
  [
    "CB-08 error under a wrong state",
    (url) => edited(url, (p) => (p.set("state", "x"), p.set("error", "access_denied"))),
  ],
])("%s: a stranger; the login goes on and can be finished", async (_title, edit) => {
  const world = await startWorld();
  const { openBrowser, statuses } = tampering(world, (url) => [edit(url), url]);
  await world.client({ openBrowser }).getAccessToken();
  await expect.poll(() => statuses).toEqual([400, 200]);
});

test.each<[string, (url: URL) => URL]>([
  ["CB-04 iss + 1", (url) => edited(url, (p) => p.set("iss", `${p.get("iss")}1`))],
  ["CB-05 iss missing though announced", (url) => edited(url, (p) => p.delete("iss"))],
  ["a doubled code", (url) => edited(url, (p) => p.append("code", "another"))],
  ["a doubled state", (url) => edited(url, (p) => p.append("state", "another"))],
  ["a doubled iss", (url) => edited(url, (p) => p.append("iss", "https://evil.example"))],
  ["CB-11 an access_token beside", (url) => edited(url, (p) => p.set("access_token", "planted"))],
  ["CB-11 an id_token beside", (url) => edited(url, (p) => p.set("id_token", "planted"))],
  ["neither code nor error", (url) => edited(url, (p) => p.delete("code"))],
  ["an empty code", (url) => edited(url, (p) => p.set("code", ""))],
])("%s under our state is AuthorizationResponseError, and the code goes nowhere", async (_title, edit) => {
  const world = await startWorld();
  const { openBrowser, statuses } = tampering(world, (url) => [edit(url)]);
  const error = await world.failure(world.client({ openBrowser }).getAccessToken());
  expect(error).toMatchObject({ code: "authorization_response", sessionKept: true });
  expect(world.provider.ledger.count("token")).toBe(0);
  await expect.poll(() => statuses).toEqual([400]);
});

test("CB-04 an iss that holds the code, as it is or encoded: the code is not repeated", async () => {
  const world = await startWorld();
  const { openBrowser } = tampering(world, (url) => [
    edited(url, (p) => p.set("iss", `https://x/${p.get("code")} ${encodeURIComponent(`${p.get("state")}`)}`)),
  ]);
  const { message } = await world.failure(world.client({ openBrowser }).getAccessToken());
  expect(message).toContain('its "iss" is "https://x/[redacted] [redacted]", and must be');
});

test("CB-04 another iss: both are named, on one line", async () => {
  const world = await startWorld();
  const iss = `https://evil.example/\u001b[2J\n${"x".repeat(300)}`;
  const { openBrowser } = tampering(world, (url) => [edited(url, (p) => p.set("iss", iss))]);
  const { message } = await world.failure(world.client({ openBrowser }).getAccessToken());
  expect(message).toMatch(/its "iss" is "https:\/\/evil\.example\/\S*\[2J\S*x+…, and must be/);
  expect(message).toContain(`and must be "${world.provider.issuer}" (RFC 9207 §2.4)`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it must hold none
  expect(message).not.toMatch(/[\u0000-\u001f]/);
});

test("CB-05 iss absent where it is not announced is fine", async () => {
  const world = await startWorld();
  world.provider.metadata.authorization_response_iss_parameter_supported = undefined;
  const { openBrowser } = tampering(world, (url) => [edited(url, (p) => p.delete("iss"))]);
  await world.client({ openBrowser }).getAccessToken();
});

test("CB-09 an error under our state is ProviderError, and an earlier session is untouched", async () => {
  const world = await startWorld();
  await world.signIn();
  const before = world.stored();
  const { openBrowser } = tampering(world, (url) => [
    edited(
      url,
      (p) => (p.delete("code"), p.set("error", "access_denied"), p.set("error_description", "No <b>way</b>")),
    ),
  ]);
  const error = await world.failure(world.client({ openBrowser }).signIn());
  expect(error).toMatchObject({ code: "provider", error: "access_denied", errorDescription: "No <b>way</b>" });
  expect(world.stored()).toEqual(before);
});

test("CB-12 the same callback twice at once sends the code once, and both get the page", async () => {
  const world = await startWorld();
  const statuses: number[] = [];
  const openBrowser = async (address: string) => {
    const { callbackUrl } = await world.provider.authorize(address, { follow: false });
    const both = await Promise.all([fetch(callbackUrl as string), fetch(callbackUrl as string)]);
    statuses.push(...both.map(({ status }) => status));
  };
  await world.client({ openBrowser }).getAccessToken();
  await expect.poll(() => statuses).toEqual([200, 200]);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test.each([
  ["the default", undefined, /^http:\/\/127\.0\.0\.1:\d+$/],
  ["a path", { path: "/callback" }, /^http:\/\/127\.0\.0\.1:\d+\/callback$/],
  ["localhost", { host: "localhost" }, /^http:\/\/localhost:\d+$/],
] as const)(
  "CB-22 the redirect URI of both requests is the same to the letter: %s",
  async (_title, loopback, pattern) => {
    const world = await startWorld();
    let asked = "";
    const client = world.client({
      ...(loopback && { loopback }),
      openBrowser: async (url) => {
        asked = new URL(url).searchParams.get("redirect_uri") as string;
        await world.provider.authorize(url);
      },
    });
    await client.getAccessToken();
    expect(asked).toMatch(pattern);
    const [exchange] = world.provider.requests.filter(({ endpoint }) => endpoint === "token");
    expect(exchange?.form.get("redirect_uri")).toBe(asked);
  },
);

test("LB-15 nobody comes back: TimeoutError at loginTimeoutSeconds, and the port is free", async () => {
  const world = await startWorld();
  let redirect = "";
  const client = world.client({
    loginTimeoutSeconds: 0.5,
    openBrowser: (url) => void (redirect = new URL(url).searchParams.get("redirect_uri") as string),
  });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "timeout", sessionKept: true });
  await expect
    .poll(() =>
      fetch(redirect).then(
        () => "open",
        () => "closed",
      ),
    )
    .toBe("closed");
});

test("an abort ends the login, frees the port, and the next call starts over", async () => {
  const world = await startWorld();
  const controller = new AbortController();
  let redirect = "";
  const client = world.client({
    openBrowser: (url) => {
      if (redirect !== "") return void world.provider.authorize(url).catch(() => {});
      redirect = new URL(url).searchParams.get("redirect_uri") as string;
      controller.abort();
    },
  });
  expect(await world.failure(client.getAccessToken({ signal: controller.signal }))).toMatchObject({ code: "aborted" });
  await expect
    .poll(() =>
      fetch(redirect).then(
        () => "open",
        () => "closed",
      ),
    )
    .toBe("closed");
  await client.getAccessToken();
});

test("one caller's abort leaves the others waiting for the same login", async () => {
  const world = await startWorld();
  const controller = new AbortController();
  const client = world.client({
    openBrowser: (url) => {
      controller.abort();
      void world.provider.authorize(url).catch(() => {});
    },
  });
  const aborted = client.getAccessToken({ signal: controller.signal });
  const other = client.getAccessToken();
  expect(await world.failure(aborted)).toMatchObject({ code: "aborted" });
  expect(await other).not.toBe("");
});

test("signOut while a login is pending ends the login: its answer signs nobody in", async () => {
  const world = await startWorld();
  let signedOut: Promise<unknown> = Promise.resolve();
  const client = world.client({
    openBrowser: (url) => {
      signedOut = client.signOut().then(() => world.provider.authorize(url).catch(() => {}));
    },
  });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "login_required", reason: "signed_out" });
  await signedOut;
  expect(await world.failure(client.getAccessToken({ interaction: "never" }))).toMatchObject({
    code: "login_required",
  });
});

test("close ends a pending login with AbortedError, and later calls too", async () => {
  const world = await startWorld();
  const client = world.client({ openBrowser: () => void client.close() });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "aborted" });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "aborted" });
});

test("openBrowser that rejects where there is neither a device flow nor a terminal is EnvironmentError at once", async () => {
  const world = await startWorld();
  world.provider.metadata.device_authorization_endpoint = undefined;
  const client = world.client({ openBrowser: () => Promise.reject(new Error("no browser here")) });
  const error = await world.failure(client.getAccessToken());
  expect(error).toMatchObject({ code: "environment", sessionKept: true });
});

test("openBrowser that rejects leads auth_code to the device flow, and auth_code_no_fallback to EnvironmentError", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 1 });
  const openBrowser = () => Promise.reject(new Error("no browser here"));
  const onDeviceCode = ({ userCode }: { userCode: string }) => void world.provider.approveDevice(userCode);
  await world.client({ openBrowser, onDeviceCode }).getAccessToken();
  const strict = world.client({ openBrowser, clientId: "other", flow: "auth_code_no_fallback" });
  expect(await world.failure(strict.getAccessToken())).toMatchObject({ code: "environment", sessionKept: true });
});
