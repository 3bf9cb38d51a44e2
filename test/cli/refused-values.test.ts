/** Values that look right and are not: each is named. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();

describe("CM-06 The command", { timeout: 30_000 }, () => {
  it.each([
    ["scopes", '{"clientId":"a","issuer":"https://id.example","client\\u0049d":"b"}', "clientId"],
    ["before a value with braces", '{"clientId":"a","extraScopes":["}"],"clientId":"b"}', "clientId"],
  ])("refuses a key that stands twice in the file (%s), and names it", async (_title, text, key) => {
    const world = theWorld();
    writeFileSync(join(world.work, "keystone-auth.json"), text);
    const { code, stderr } = await world.run(["token"]);
    expect(code).toBe(2);
    expect(stderr).toContain(`has the key "${key}" twice`);
  });

  it("takes a key again within a value, and as a value", async () => {
    const world = theWorld();
    const text = `{"clientId":"prizm","authorizationParams":{"clientId":"x","a":"clientId"},"issuer":"${world.provider.issuer}"}`;
    writeFileSync(join(world.work, "keystone-auth.json"), text);
    expect((await world.run(["status"])).stderr).not.toContain("twice");
  });

  it.each([
    ["as a variable", { CEGAL_KEYSTONE_AUTH_DIR: undefined }, ["--storage-directory", "~bob/tokens"], undefined],
    ["in the file", { CEGAL_KEYSTONE_URL: "" }, [], "~bob/tokens"],
  ] as const)("refuses the home of another user as storageDirectory, %s", async (_title, env, flags, inFile) => {
    const world = theWorld();
    const settings = { issuer: world.provider.issuer, clientId: "prizm", storageDirectory: inFile };
    if (inFile !== undefined) writeFileSync(join(world.work, "keystone-auth.json"), JSON.stringify(settings));
    const { code, stderr } = await world.run(["token", ...flags], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("write any other home in full");
  });

  it.each(["token", "status", "list", "logout --all", "doctor", "whoami"])(
    "says once that CEGAL_KEYSTONE_AUTH_LOG names no level: %s",
    async (command) => {
      const world = theWorld();
      await world.signIn();
      const { stderr } = await world.run(command.split(" "), { env: { CEGAL_KEYSTONE_AUTH_LOG: "verbose" } });
      expect(stderr.match(/is no level that is known/g)).toHaveLength(1);
      const { stderr: quiet } = await world.run(command.split(" "), { env: { CEGAL_KEYSTONE_AUTH_LOG: "error" } });
      expect(quiet).not.toContain("is no level");
      const { stderr: loud } = await world.run(command.split(" "), { env: { CEGAL_KEYSTONE_AUTH_LOG: "ERROR" } });
      expect(loud).not.toContain("is no level");
    },
  );

  it.each(["https://git.example", "git.example/group", "me@git.example"])(
    "refuses %s as --host of git-credential",
    async (host) => {
      const { code, stderr } = await theWorld().run(["git-credential", "get", "--host", host]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--host takes the host alone") });
    },
  );
});
