/** Fish: one `complete` for each command, word and option. */
import { PROGRAM, quoted, type Vocabulary } from "./vocabulary.js";

const inQuotes = (text: string): string => quoted(text.replaceAll("\\", "\\\\"), "\\'");

export function fish({ commands, options }: Vocabulary): string {
  const names = commands.map(({ name }) => name).join(" ");
  const described = (does: string) => (does === "" ? "" : ` -d ${inQuotes(does)}`);
  const seen = (of: readonly string[]) => inQuotes(`__fish_seen_subcommand_from ${of.join(" ")}`);
  return `# ${PROGRAM} in fish: ${PROGRAM} completion fish | source
complete -c ${PROGRAM} -f
${[
  ...commands.map(
    ({ name, does }) =>
      `complete -c ${PROGRAM} -n ${inQuotes(`not __fish_seen_subcommand_from ${names}`)} -a ${name}${described(does)}`,
  ),
  ...commands
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `complete -c ${PROGRAM} -n ${seen([name])} -a ${inQuotes(words.join(" "))}`),
  ...options.map(({ name, does, takesValue, values, commands: of }) => {
    const where = of === undefined ? "" : ` -n ${seen(of)}`;
    const value = typeof values === "string" ? "-rF" : values.length > 0 ? `-xa ${inQuotes(values.join(" "))}` : "-x";
    return `complete -c ${PROGRAM}${where} -l ${name}${takesValue ? ` ${value}` : ""}${described(does)}`;
  }),
  `complete -c ${PROGRAM} -n ${seen(["exec"])} -xa '(__fish_complete_subcommand)'`,
].join("\n")}
`;
}
