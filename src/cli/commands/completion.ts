/** `completion SHELL`: the script that completes the command's words in a shell, made from the tables of the command. */
import { nearest } from "../../options/names.js";
import { type Arguments, type CommandName, COMMANDS, usage } from "../arguments.js";
import { COMMAND_TEXTS, OPTION_TEXTS, SHELLS } from "../command-table.js";
import { bash } from "../completion/bash.js";
import { fish } from "../completion/fish.js";
import { powershell } from "../completion/powershell.js";
import type { Command, Option, Vocabulary } from "../completion/vocabulary.js";
import { zsh } from "../completion/zsh.js";
import { EXIT } from "../failure.js";
import { print } from "../output.js";
import { CONFIG, SETTINGS } from "../settings-table.js";

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], (words: Vocabulary) => string>> = {
  bash,
  zsh,
  fish,
  powershell,
};

export async function completion({ operands: [shell, more] }: Arguments): Promise<number> {
  if (shell === undefined || more !== undefined || !Object.hasOwn(SCRIPTS, shell)) {
    const near = more === undefined && shell !== undefined ? nearest(shell, SHELLS) : undefined;
    const hint = near === undefined ? "" : ` Do you mean ${near}?`;
    throw usage("completion", `completion takes one word: ${SHELLS.join(", ")}.${hint}`);
  }
  await print(SCRIPTS[shell as keyof typeof SCRIPTS]({ commands: commandsOf(), options: optionsOf() }));
  return EXIT.ok;
}

function commandsOf(): Command[] {
  return Object.entries(COMMAND_TEXTS).map(([name, { does, words = [] }]) => ({ name, does, words }));
}

function optionsOf(): Option[] {
  const own = new Map<string, CommandName[]>();
  for (const [command, options] of Object.entries(COMMANDS))
    for (const option of options) own.set(option, [...(own.get(option) ?? []), command as CommandName]);
  const ofSettings = SETTINGS.flatMap((setting) => [setting, ...(setting.parts ?? [])]).flatMap(
    ({ flag, takes, kind }): Option[] => {
      if (flag === undefined) return [];
      const values = kind.choices ?? (takes === "DIR" ? "directories" : []);
      return [{ name: flag, does: "", takesValue: kind.isSwitch !== true, values, commands: undefined }];
    },
  );
  const others = Object.entries(OPTION_TEXTS).map(([name, { takes, does }]): Option => {
    return { name, does, takesValue: takes !== undefined, values: [], commands: own.get(name) };
  });
  const config: Option = { name: CONFIG.flag, does: "", takesValue: true, values: "files", commands: undefined };
  return [...ofSettings, config, ...others];
}
