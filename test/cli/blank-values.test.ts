/** A blank value: of a variable it counts as not set, of an option it is refused. */
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { databasePlace } from "../../src/node/shared-database/place.js";
import { tokenDirectory } from "../../src/node/token-directory.js";
import { useWorld } from "./command.js";

const theWorld = useWorld();
const BLANKS = ["", "   "];

describe("a blank value", () => {
  it.each(BLANKS)("of a variable that names a place (%j) names none", (blank) => {
    const home = join(homedir(), ".cegal-keystone");
    expect(databasePlace(undefined, { CEGAL_KEYSTONE_AUTH_DB: blank }, homedir)).toBe(join(home, "auth.db"));
    expect(tokenDirectory(undefined, { CEGAL_KEYSTONE_AUTH_DIR: blank }, homedir)).toBe(join(home, "tokens"));
  });

  it.each(BLANKS)("of a setting's variable (%j) is none, in the command too", async (blank) => {
    const world = theWorld();
    const env = { CEGAL_KEYSTONE_CONFIG: blank, CEGAL_KEYSTONE_FLOW: blank, CEGAL_KEYSTONE_AUTH_DIR: blank };
    const { stdout } = await world.run(["status", "--json"], { env });
    const { settings, file } = JSON.parse(stdout) as { settings: Record<string, object>; file: string | null };
    expect([settings["storageDirectory"], settings["flow"], file]).toEqual([
      { value: world.tokens, source: "default" },
      { value: "auth_code", source: "default" },
      null,
    ]);
    const without = await world.run(["status"], { env: { CEGAL_KEYSTONE_CLIENT_ID: blank } });
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("The client id is not given")]);
  });

  it.each(BLANKS)("of an option (%j) is refused by every command that has it", { timeout: 60_000 }, async (blank) => {
    const world = theWorld();
    for (const args of [
      ["status", "--shared-database"],
      ["list", "--shared-database"],
      ["logout", "--all", "--shared-database"],
      ["import", "--from-shared-database", "--shared-database"],
      ["list", "--storage-directory"],
      ["status", "--issuer"],
      ["status", "--config"],
    ]) {
      const { code, stderr } = await world.run([...args, blank]);
      expect([args, code, stderr]).toEqual([
        args,
        2,
        expect.stringContaining(`${args.at(-1)} must be a string that is not empty`),
      ]);
    }
  });
});
