/** Bash, from 3.2 on, without the package bash-completion. */
import { optionsOf, PROGRAM, type Vocabulary, withValue } from "./vocabulary.js";

export function bash(words: Vocabulary): string {
  const valued = withValue(words);
  const flags = (names: readonly string[]) => names.map((name) => `--${name}`);
  const values = valued.map(({ name, values: of }) => {
    if (typeof of === "string") return `    --${name}) _keystone_auth_paths ${of === "files" ? "-f" : "-d"}; return ;;`;
    return `    --${name}) COMPREPLY=($(compgen -W "${of.join(" ")}" -- "$word")); return ;;`;
  });
  const commands = words.commands.map(({ name, words: own }) => {
    const all = [...own, ...flags(optionsOf(words, name).map((option) => option.name))];
    return `    ${name}) choices="${all.join(" ")}" ;;`;
  });
  return `# ${PROGRAM} in bash: eval "$(${PROGRAM} completion bash)"
# Names with blanks stay whole; bash 3.2 has no compopt.
_keystone_auth_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$word"))
}
_keystone_auth() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="" command="" choices="" at
  [ "$COMP_CWORD" -gt 0 ] && before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  # Behind -- stands another command.
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [ "\${COMP_WORDS[at]}" = "--" ]; then
      if [ "$at" -eq $((COMP_CWORD - 1)) ]; then COMPREPLY=($(compgen -c -- "$word")); else _keystone_auth_paths -f; fi
      return
    fi
  done
  # Bash has --name=value as three words.
  if [ "$word" = "=" ]; then
    word=""
  elif [ "$before" = "=" ] && [ "$COMP_CWORD" -gt 1 ]; then
    before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case "$before" in
${values.join("\n")}
  esac
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
    ${flags(valued.map(({ name }) => name)).join("|")}) if [ "\${COMP_WORDS[at+1]}" = "=" ]; then ((at += 2)); else ((at++)); fi ;;
    -*) ;;
    *)
      command="\${COMP_WORDS[at]}"
      break
      ;;
    esac
  done
  case "$command" in
    "") choices="${words.commands.map(({ name }) => name).join(" ")} --help --version" ;;
${commands.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$word"))
}
complete -F _keystone_auth ${PROGRAM}
`;
}
