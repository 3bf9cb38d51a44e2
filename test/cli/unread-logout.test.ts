/** `logout` of a session whose file is damaged: its tokens are still good, and the command says so. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();

it("FS-04 logout of a damaged session deletes it and says that its tokens were not revoked: exit code 6", async () => {
  const world = theWorld();
  const damage = async () => {
    await world.signIn();
    const [name = ""] = readdirSync(world.tokens).filter((file) => file.endsWith(".json"));
    writeFileSync(join(world.tokens, name), "{ damaged");
  };
  await damage();
  expect(await world.run(["logout"])).toMatchObject({
    code: 6,
    stderr:
      "! Not all of the sign-out could be done. What was stored could not be read, so that the tokens of its session were not revoked. The session here is gone.\n",
  });
  expect(await world.run(["logout"])).toMatchObject({ code: 0, stderr: "✓ Signed out here.\n" });

  await damage();
  const { code, stdout } = await world.run(["logout", "--json"]);
  expect(code).toBe(6);
  expect(JSON.parse(stdout)).toMatchObject({
    revocation: "failed",
    errors: [{ code: "storage", kind: "corrupt", exitCode: 6, sessionKept: false }],
  });

  await damage();
  const all = await world.run(["logout", "--all"]);
  expect(all).toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/were not revoked\. \S+ is not a stored session/),
  });
  expect(all.stderr).not.toContain("What was stored could not be read");
});

it("FS-04 logout --all says once of an encrypted session without its keychain what became of it", async () => {
  const world = theWorld();
  mkdirSync(world.tokens, { recursive: true, mode: 0o700 });
  writeFileSync(join(world.tokens, `s-${"0".repeat(64)}.sealed`), "{}", { mode: 0o600 });
  const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent", XDG_RUNTIME_DIR: "/nonexistent" };
  const { code, stderr } = await world.run(["logout", "--all"], { env });
  expect(code).toBe(6);
  expect(stderr).toContain("There is no keychain");
  expect(stderr).toContain("The session here is gone.");
  expect(stderr).not.toContain("A stored session is kept.");
});
