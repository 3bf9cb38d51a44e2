/** Zsh, by `_arguments` of its completion system. */
import { type Option, optionsOf, PROGRAM, quoted, type Vocabulary } from "./vocabulary.js";

const inQuotes = (text: string): string => quoted(text, "'\\''");
/** Brackets and colons end a part of a specification. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");

export function zsh(words: Vocabulary): string {
  const commands = words.commands.map(({ name, does }) => `    ${inQuotes(`${plain(name)}:${does}`)}`);
  const cases = words.commands.map(({ name, words: own }) => {
    const options = optionsOf(words, name).map(specification);
    const operands = own.length > 0 ? [inQuotes(`1:word:(${own.join(" ")})`)] : [];
    const rest = name === "exec" ? [inQuotes("*::command:_normal")] : [];
    const all = [...options, ...operands, ...rest].map((each) => `        ${each}`);
    return `      ${name})\n        _arguments \\\n${all.join(" \\\n")}\n        ;;`;
  });
  return `#compdef ${PROGRAM}
# ${PROGRAM} in zsh, after compinit: eval "$(${PROGRAM} completion zsh)"
_keystone_auth() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${commands.join("\n")}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case "$state" in
  command) _describe command commands ;;
  argument)
    case "$line[1]" in
${cases.join("\n")}
    esac
    ;;
  esac
}
compdef _keystone_auth ${PROGRAM}
`;
}

function specification({ name, does, takesValue, values }: Option): string {
  const text = does === "" ? "" : `[${plain(does)}]`;
  // A setting may stand more than once; the last one counts, or all.
  if (!takesValue) return inQuotes(`*--${name}${text}`);
  const action = values === "files" ? "_files" : values === "directories" ? "_files -/" : listOf(values);
  return inQuotes(`*--${name}=${text}:value:${action}`);
}

const listOf = (values: readonly string[]): string => (values.length === 0 ? " " : `(${values.join(" ")})`);
