import { describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.js";
import { COMMAND_TEXTS } from "../../src/cli/command-table.js";
import { nearest } from "../../src/options/names.js";
import { useWorld } from "./command.js";

const theWorld = useWorld();

const COMMANDS = Object.keys(COMMAND_TEXTS);

describe("DX-17 The command", { timeout: 60_000 }, () => {
  it("shows its help where nothing is asked for: on stderr, so that no script takes it for a token", async () => {
    const world = theWorld();
    const { stdout: help } = await world.run(["--help"]);
    expect(await world.run([])).toMatchObject({ code: 2, stdout: "", stderr: help });
    expect(await world.run(["--verbose"])).toMatchObject({ code: 2, stdout: "", stderr: help });
    expect(await world.run(["help"])).toMatchObject({ code: 0, stdout: help, stderr: "" });
    expect(await world.run(["help", "token"])).toMatchObject({ code: 0, stdout: help, stderr: "" });
    const json = await world.run(["--json"]);
    expect(json).toMatchObject({ code: 2, stdout: "" });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "configuration", option: "command" } });
  });

  it("has a help that fits a terminal of 80 columns", async () => {
    const { stdout } = await theWorld().run(["help"]);
    expect(stdout.split("\n").filter((line) => line.length > 79)).toEqual([]);
  });

  it.each([
    [["tokn"], "There is no such command. Do you mean token?"],
    [["lgoin"], "There is no such command. Do you mean login?"],
    [["Whoami"], "There is no such command. Do you mean whoami?"],
    [["git-credentials", "get"], "There is no such command. Do you mean git-credential?"],
    [["nope"], `There is no such command: ${COMMANDS.join(", ")}.`],
    [["token", "--isuer", "x"], "There is no option --isuer. Do you mean --issuer?"],
    [["token", "--force-refesh"], "There is no option --force-refesh. Do you mean --force-refresh?"],
    [["token", "--nope"], "There is no option --nope. See"],
  ])("%j names the nearest one that there is", (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it("repeats no word that may be a secret", () => {
    for (const args of [["CANARY-secret"], ["token", "CANARY-secret"], ["x".repeat(100_000)]]) {
      expect(() => readArguments(args)).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/CANARY|x{9}/) }),
      );
    }
  });
});

describe("The nearest known word", () => {
  it.each([
    ["token", "token"],
    ["tokken", "token"],
    ["toke", "token"],
    ["otken", "token"],
    ["tken", "token"],
    ["tkn", undefined],
    ["logon", "login"],
    ["statsu", "status"],
    ["", undefined],
    ["x", undefined],
  ])("to %j is %j", (word, name) => expect(nearest(word, COMMANDS)).toBe(name));
});
