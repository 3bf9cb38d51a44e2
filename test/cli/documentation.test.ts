/** docs/cli.md against the tables of the command. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS, OPTIONS } from "../../src/cli/arguments.js";
import { COMMAND_TEXTS, OPTION_TEXTS } from "../../src/cli/command-table.js";
import { CONFIG, SETTINGS } from "../../src/cli/settings-table.js";

const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

/** The rows of the first table below a heading, cell by cell. */
function tableBelow(heading: string): string[][] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const rows = /\n((?:\|.*\n)+)/.exec(section)?.[1]?.trim().split("\n").slice(2) ?? [];
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("docs/cli.md", () => {
  it("has a row for each command, in the order of the help", () => {
    const named = tableBelow("Commands").map(([name = ""]) => /^`([\w-]+)/.exec(name)?.[1]);
    expect(named).toEqual(Object.keys(COMMAND_TEXTS));
    expect(Object.keys(COMMANDS)).toEqual(named);
  });

  it("names each option of a command beside it, or in its section", () => {
    const options = Object.values(COMMANDS).flat();
    expect(options.filter((option) => !page.includes(`--${option}`))).toEqual([]);
    for (const [command, own] of Object.entries(COMMANDS)) {
      const said = Object.entries(OPTION_TEXTS).filter(([, { of }]) => of?.split(", ").includes(command));
      expect(said.map(([name]) => name).sort()).toEqual([...own].sort());
    }
    const common = Object.keys(OPTIONS).filter((name) => !(options as string[]).includes(name) && name !== CONFIG.flag);
    expect(common).toEqual(["json", "non-interactive", "verbose", "help", "version"]);
  });

  it("has a row for each setting with a flag or variable, and none that there is not", () => {
    const rows = tableBelow("Settings");
    const flags = rows.flatMap(([option = ""]) => /^`--([\w-]+)/.exec(option)?.[1] ?? []);
    const ofCode = SETTINGS.flatMap((setting) => [setting, ...(setting.parts ?? [])]).flatMap(({ flag }) => flag ?? []);
    expect(flags.sort()).toEqual([...ofCode, CONFIG.flag].sort());
    for (const { name, flag, variable, isSecret } of SETTINGS) {
      if (flag === undefined && variable === undefined) continue;
      const row = rows.find((cells) => cells.join("|").includes(`\`${flag === undefined ? variable : `--${flag}`}`));
      if (variable !== undefined) expect(row?.join("|")).toContain(`\`${variable}`);
      if (!isSecret) expect(row?.[2]).toMatch(new RegExp(`^\`${name}\``));
    }
  });
});
