import { afterEach, describe, expect, it } from "vitest";
import { type RealProvider, startRealProvider } from "../support/real-provider.js";
import { approveDeviceOverHttp, signInOverHttp } from "../support/scripted-user.js";
import { useWorld } from "./command.js";

const theWorld = useWorld();
let provider: RealProvider | undefined;
afterEach(() => provider?.close());

describe("With a provider that this project did not write", { timeout: 90_000 }, () => {
  it("the command signs in, gives its token, finds itself healthy, and signs out", async () => {
    const world = theWorld();
    provider = await startRealProvider();
    const env = { CEGAL_KEYSTONE_URL: provider.issuer, CEGAL_KEYSTONE_CLIENT_ID: "native" };
    const login = world.start(["login"], { env });
    await signInOverHttp(await world.addressOf(login));
    expect((await login.ended).stderr).toContain("Signed in as alice.");
    expect((await world.run(["token"], { env })).stdout).toMatch(/^eyJ[\w.-]+\n$/);
    expect((await world.run(["token", "--force-refresh"], { env })).code).toBe(0);
    const doctor = await world.run(["doctor"], { env });
    expect(doctor.code).toBe(0);
    expect(doctor.stdout).not.toContain("✗");
    expect((await world.run(["logout"], { env })).stderr).toContain("The provider has revoked the tokens.");
    expect(provider.lastGrantRevoked).toBeDefined();
    expect(provider.grants).toEqual(["authorization_code", "refresh_token"]);
    expect(provider.serverErrors).toEqual([]);
  });

  it("the device flow and the flow of a program work", async () => {
    const world = theWorld();
    provider = await startRealProvider();
    const env = { CEGAL_KEYSTONE_URL: provider.issuer, CEGAL_KEYSTONE_CLIENT_ID: "native" };
    const device = world.start(["login", "--flow", "device_code"], { env });
    const address = await device.shown(/^ {4}(http\S+)$/m);
    await approveDeviceOverHttp(address, { userCode: await device.shown(/^ {4}([A-Z0-9-]{4,})$/m) });
    expect((await device.ended).code).toBe(0);
    const program = {
      ...env,
      CEGAL_KEYSTONE_CLIENT_ID: "service",
      CEGAL_KEYSTONE_CLIENT_SECRET: provider.serviceSecret,
      CEGAL_KEYSTONE_FLOW: "client_credentials",
      CEGAL_KEYSTONE_SCOPES: "hub_connector_api",
    };
    const token = await world.run(["token", "--non-interactive"], { env: program });
    expect(token).toMatchObject({ code: 0, stdout: expect.stringMatching(/^eyJ/), stderr: "" });
    expect(provider.grants).toEqual(["urn:ietf:params:oauth:grant-type:device_code", "client_credentials"]);
  });
});
