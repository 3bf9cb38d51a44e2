/** Which way a sign-in goes where something is missing: a browser, a device flow, a terminal. Real processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { FakeProvider } from "../../support/fake-provider.js";
import { Shell } from "../../support/shell.js";
import { ADDRESS, type Scene, SSH, startScene } from "./scene.js";

const LIMIT = { timeout: 60_000 };
const NO_BROWSER = { DISPLAY: ":7", BROWSER: "/nonexistent/browser" };

/** What a device endpoint says that has no code for this client. */
const REFUSALS: [string, (provider: FakeProvider) => void][] = [
  ...["unauthorized_client", "invalid_client", "unsupported_grant_type", "device_flow_disabled"].map(
    (error): [string, (provider: FakeProvider) => void] => [
      `400 ${error}`,
      (provider) => provider.on("device_authorization", () => ({ status: 400, json: { error } })),
    ],
  ),
  [
    "401",
    (provider) => provider.on("device_authorization", () => ({ status: 401, json: { error: "invalid_client" } })),
  ],
  ["404", (provider) => provider.on("device_authorization", () => ({ status: 404, body: "Not found" }))],
  ["503", (provider) => provider.on("device_authorization", () => ({ status: 503, body: "" }))],
];

function run(scene: Scene, env: Record<string, string>, ...args: Parameters<Scene["words"]>) {
  const [program = "", ...rest] = scene.words(...args);
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: scene.directory, ...env },
  });
  const shown = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (shown.out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (shown.err += part));
  const began = performance.now();
  const ended = once(child, "close").then(() => ({ ...shown, seconds: (performance.now() - began) / 1000 }));
  return { child, shown, ended };
}

describe("A device endpoint that refuses this client", () => {
  it.each(REFUSALS)(
    "TM-01 with %s: over SSH the address is shown, and a pasted answer gives a token",
    LIMIT,
    async (_, refuse) => {
      const scene = await startScene();
      refuse(scene.provider);
      const shell = await Shell.start({ env: SSH });
      await shell.enter(scene.command());
      const url = await shell.waitFor(ADDRESS);
      await shell.waitFor(/paste the address of that page here/);
      await shell.enter(String((await scene.provider.authorize(url, { follow: false })).headers.location));
      await shell.waitFor(/token\r\n/);
    },
  );

  it("TM-01 leaves nothing to do without a terminal: the error names both ways", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.on("device_authorization", () => ({ status: 400, json: { error: "unauthorized_client" } }));
    const { out } = await run(scene, { ...SSH, CEGAL_KEYSTONE_AUTH_LOG: "" }).ended;
    expect(out).toMatch(/^failed environment: .*SSH session.*terminal.*BROWSER/);
  });

  it.each(REFUSALS.slice(0, 2))(
    "TM-02 with %s beside a browser that cannot be started: the shown address gives a token",
    LIMIT,
    async (_, refuse) => {
      const scene = await startScene();
      refuse(scene.provider);
      const { child, shown, ended } = run(scene, NO_BROWSER);
      while (!ADDRESS.test(shown.err)) await once(child.stderr, "data");
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await scene.provider.authorize(ADDRESS.exec(shown.err)?.[1] as string);
      expect((await ended).out).toBe("token\n");
    },
  );

  it("TM-02 a device code that is refused at the poll leaves the address alive", LIMIT, async () => {
    const scene = await startScene();
    let polled = false;
    scene.provider.on("token", async (exchange) => {
      if (exchange.form.get("grant_type")?.endsWith("device_code") !== true) return await exchange.next();
      polled = true;
      return { status: 400, json: { error: "unauthorized_client" } };
    });
    const { child, shown, ended } = run(scene, NO_BROWSER);
    while (!ADDRESS.test(shown.err)) await once(child.stderr, "data");
    while (!polled) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await scene.provider.authorize(ADDRESS.exec(shown.err)?.[1] as string);
    expect((await ended).out).toBe("token\n");
  });
});

describe("Where nobody watches", () => {
  it.each([
    ["CI=true", { CI: "true" }, true],
    ["CI=true", { CI: "true" }, false],
    ["cron", {}, true],
    ["cron", {}, false],
    ["a CI run with a display", { GITLAB_CI: "true", DISPLAY: ":7" }, true],
  ] as const)("TM-06 %s, %j, with a device flow: %s: EnvironmentError at once", LIMIT, async (_, env, hasDevice) => {
    const scene = await startScene();
    if (!hasDevice) scene.provider.metadata.device_authorization_endpoint = undefined;
    const { out, err, seconds } = await run(scene, env, {}, { loginTimeoutSeconds: 50 }).ended;
    expect(out).toMatch(/^failed environment: .*nobody can be asked.*CEGAL_KEYSTONE_AUTH_DEVICE_FLOW=true/);
    // It did not wait for the login's time.
    expect(seconds).toBeLessThan(40);
    expect([err, scene.provider.ledger.count("device_authorization")]).toEqual(["", 0]);
  });

  it.each(["/dev/null", "file"])(
    "TM-06 a terminal whose stderr goes to %s has nobody who reads it",
    LIMIT,
    async (to) => {
      const scene = await startScene();
      const shell = await Shell.start({ env: SSH });
      await shell.enter(`cd '${scene.directory}'; ${scene.command()} 2> ${to}`);
      await shell.waitFor(/failed environment: .*nobody can be asked/);
    },
  );

  it("a browser that fails is named by the variable", LIMIT, async () => {
    const scene = await startScene();
    const { child, shown, ended } = run(scene, NO_BROWSER);
    while (!/enter this code/.test(shown.err)) await once(child.stderr, "data");
    expect(shown.err).toContain("A code is shown, since what the variable BROWSER names could not be started");
    scene.provider.approveDevice();
    expect((await ended).out).toBe("token\n");
  });

  it("TM-06 the variable that the error names gives a code on stderr", LIMIT, async () => {
    const scene = await startScene();
    const { child, shown, ended } = run(scene, { CI: "true", CEGAL_KEYSTONE_AUTH_DEVICE_FLOW: "true" });
    while (!/enter this code/.test(shown.err)) await once(child.stderr, "data");
    scene.provider.approveDevice();
    expect((await ended).out).toBe("token\n");
  });

  it("TM-06 a program that takes the address itself is heard in a CI run", LIMIT, async () => {
    const scene = await startScene();
    const { child, shown, ended } = run(scene, { CI: "true" }, { drawsItself: true });
    while (!/open http\S+\n/.test(shown.out)) await once(child.stdout, "data");
    await scene.provider.authorize(/open (http\S+)\n/.exec(shown.out)?.[1] as string);
    expect((await ended).out).toMatch(/token\n$/);
  });
});
