import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();
const node = process.execPath;

describe("exec", { timeout: 60_000 }, () => {
  it("gives the token in the environment, not among the arguments, and the child's output and exit code as they are", async () => {
    const world = theWorld();
    await world.signIn();
    const { stdout: token } = await world.run(["token"]);
    const print = `process.stdout.write(process.env.KEYSTONE_ACCESS_TOKEN + "\\n"); process.stderr.write(process.argv.slice(1).join()); process.exitCode = 42;`;
    const ended = await world.run(["exec", "--", node, "-e", print, "--", "--json", "-v"]);
    expect(ended).toEqual({ code: 42, signal: null, stdout: token, stderr: "--json,-v" });
  });

  it("names the variable by --env, hands stdin through, and keeps the client secret back", async () => {
    const world = theWorld();
    const secret = world.provider.settings.clientSecrets.service ?? "";
    const env = {
      CEGAL_KEYSTONE_CLIENT_SECRET: secret,
      CEGAL_KEYSTONE_CLIENT_ID: "service",
      CEGAL_KEYSTONE_FLOW: "client_credentials",
      CEGAL_KEYSTONE_SCOPES: "hub_connector_api",
    };
    const shell = `cat; echo "$HUB_TOKEN" | cut -c1-3; echo "[$KEYSTONE_ACCESS_TOKEN][$CEGAL_KEYSTONE_CLIENT_SECRET]"`;
    const ended = await world.run(["exec", "--env", "HUB_TOKEN", "--", "sh", "-c", shell], { env, stdin: "given\n" });
    expect(ended).toMatchObject({ code: 0, stdout: "given\neyJ\n[][]\n", stderr: "" });
  });

  it("CM-04 takes the client secret out of the command's environment in any case of letters, as Windows has it", async () => {
    const world = theWorld();
    await world.signIn();
    const env = { Cegal_Keystone_Client_Secret: "CANARY", cegal_keystone_client_secret: "CANARY", OTHER: "kept" };
    const ended = await world.run(["exec", "--", "env"], { env });
    expect(ended.stdout).toContain("OTHER=kept");
    expect(ended.stdout).not.toContain("CANARY");
  });

  it("ends with 128 and the signal's number where a signal ended the child, 127 and 126 where it cannot be had", async () => {
    const world = theWorld();
    await world.signIn();
    expect((await world.run(["exec", "--", "sh", "-c", "kill -KILL $$"])).code).toBe(137);
    expect(await world.run(["exec", "--", "there-is-no-such-command"])).toMatchObject({ code: 127, stdout: "" });
    const plain = join(world.work, "plain.txt");
    writeFileSync(plain, "text");
    chmodSync(plain, 0o600);
    expect((await world.run(["exec", "--", plain])).code).toBe(126);
    // Node throws this one where it starts the command, instead of an event.
    expect(await world.run(["exec", "--", join(plain, "below")])).toMatchObject({
      code: 1,
      stderr: "keystone-auth: The command could not be started. A stored session is kept.\n",
    });
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const)(
    "passes %s on, and waits for what the child makes of it",
    async (signal) => {
      const world = theWorld();
      await world.signIn();
      const child = `process.on("${signal}", () => { console.log("got it"); process.exit(7); }); setInterval(() => {}, 1000); console.error("ready");`;
      const command = world.start(["exec", "--", node, "-e", child]);
      await command.shown(/(ready)/);
      command.child.kill(signal);
      expect(await command.ended).toMatchObject({ code: 7, signal: null, stdout: "got it\n" });
    },
  );

  it.each<[string[], string]>([
    [["exec"], "A command is needed after --"],
    [["exec", "--"], "A command is needed after --"],
    [["exec", "ls"], "The command stands after --"],
    [["exec", "--env", "A=B", "--", "true"], "--env must be the name of a variable"],
    [["token", "--", "true"], "Only exec takes a command after --"],
  ])("%j is refused with what would be right", async (args, message) => {
    const ended = await theWorld().run(args);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });
});
