import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { cli, useWorld } from "./command.js";

const theWorld = useWorld();

describe("token --exec-credential", { timeout: 60_000 }, () => {
  it("answers kubectl in the version that it asks for", async () => {
    const world = theWorld();
    const info = (apiVersion: string, interactive: boolean) => ({
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: "ExecCredential", spec: { interactive } }),
    });
    const beta = "client.authentication.k8s.io/v1beta1";
    const { stdout } = await world.signIn(["token", "--exec-credential"]);
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: {
        token: (await world.run(["token"])).stdout.trimEnd(),
        expirationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
    const again = await world.run(["token", "--exec-credential"], { env: info(beta, false) });
    expect(JSON.parse(again.stdout)).toMatchObject({ apiVersion: beta });
  });
});

describe("git-credential", { timeout: 60_000 }, () => {
  const request = (host: string, protocol = "https") => `protocol=${protocol}\nhost=${host}\npath=team/repo.git\n\n`;

  it("gives user name, token and expiry for its hosts, and nothing for others", async () => {
    const world = theWorld();
    await world.signIn();
    const helper = ["git-credential", "--host", "git.example.com"];
    const get = (stdin: string, ...more: string[]) => world.run([...helper, ...more, "get"], { stdin });
    const token = (await world.run(["token"])).stdout.trimEnd();
    expect(await get(request("git.example.com"))).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^username=oauth2\npassword=${token}\npassword_expiry_utc=\\d{10}\n$`)),
      stderr: "",
    });
    expect((await get(request("GIT.example.com"), "--username", "me")).stdout).toMatch(/^username=me\n/);
    for (const other of [
      request("evil.example"),
      request("git.example.com", "http"),
      request("git.example.com:8443"),
      "",
    ]) {
      expect(await get(other)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    }
    expect(await world.run([...helper, "store"], { stdin: request("git.example.com") })).toMatchObject({
      code: 0,
      stdout: "",
    });
    expect((await world.run(["git-credential", "get"], { stdin: "" })).code).toBe(2);
    expect((await world.run([...helper])).code).toBe(2);
  });

  it("renews a token that the server refused, and no other", async () => {
    const world = theWorld();
    await world.signIn();
    const helper = ["git-credential", "--host", "git.example.com"];
    const first = (await world.run(["token"])).stdout.trimEnd();
    const erase = (password: string) =>
      world.run([...helper, "erase"], { stdin: `${request("git.example.com").trimEnd()}\npassword=${password}\n\n` });
    await erase("an older one");
    expect((await world.run(["token"])).stdout.trimEnd()).toBe(first);
    await erase(first);
    expect((await world.run(["token", "--non-interactive"])).stdout.trimEnd()).not.toBe(first);
  });

  it("asks nobody where git may not ask", async () => {
    const world = theWorld();
    const helper = ["git-credential", "--host", "git.example.com", "get"];
    const env = { GIT_TERMINAL_PROMPT: "0" };
    expect(await world.run(helper, { env, stdin: request("git.example.com") })).toMatchObject({ code: 3, stdout: "" });
  });

  const git = spawnSync("git", ["--version"]).status === 0;
  it.skipIf(!git)("is understood by git itself (skipped without git)", async () => {
    const world = theWorld();
    await world.signIn();
    const helper = `!'${process.execPath}' '${cli}' git-credential --host git.example.com`;
    const command = ["git", "-c", "credential.helper=", "-c", `credential.helper=${helper}`, "credential", "fill"];
    const env = { GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" };
    const stdin = "protocol=https\nhost=git.example.com\n\n";
    const filled = await world.run([], { command, env: { ...env, GIT_TERMINAL_PROMPT: undefined }, stdin });
    expect(filled.stdout).toContain(`password=${(await world.run(["token"])).stdout}`);
  });
});
