/** PowerShell, from 5.0 on. */
import { optionsOf, PROGRAM, quoted, type Vocabulary, withValue } from "./vocabulary.js";

const inQuotes = (text: string): string => quoted(text, "''");
const list = (texts: readonly string[]): string => `@(${texts.map(inQuotes).join(", ")})`;

export function powershell(words: Vocabulary): string {
  const texts = [...words.commands, ...words.options.map(({ name, does }) => ({ name: `--${name}`, does }))];
  const choices = words.commands.map(({ name, words: own }) => {
    const flags = optionsOf(words, name).map((option) => `--${option.name}`);
    return `    ${inQuotes(name)} = ${list([...own, ...flags])}`;
  });
  const values = withValue(words).map(({ name, values: of }) => {
    // $null leaves the word to PowerShell, which completes the names of files.
    return `    ${inQuotes(`--${name}`)} = ${typeof of === "string" ? "$null" : list(of)}`;
  });
  return `# ${PROGRAM} in PowerShell: ${PROGRAM} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${PROGRAM} -ScriptBlock {
  param($word, $line, $position)
  $texts = @{
${texts.map(({ name, does }) => `    ${inQuotes(name)} = ${inQuotes(does === "" ? name : does)}`).join("\n")}
  }
  $choices = @{
${choices.join("\n")}
  }
  $values = @{
${values.join("\n")}
  }
  $before = @($line.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  if ($before -contains '--') { return }
  $found = @($texts.Keys | Where-Object { $_ -notlike '--*' }) + '--help', '--version'
  if ($before.Count -gt 0 -and $values.ContainsKey($before[-1])) {
    if ($null -eq $values[$before[-1]]) { return }
    $found = $values[$before[-1]]
  } else {
    for ($at = 0; $at -lt $before.Count; $at++) {
      if ($values.ContainsKey($before[$at])) { $at++; continue }
      if ($choices.ContainsKey($before[$at])) { $found = $choices[$before[$at]]; break }
    }
  }
  $found | Where-Object { $_ -like "$word*" } | Sort-Object | ForEach-Object {
    $text = if ($texts.ContainsKey($_)) { $texts[$_] } else { $_ }
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $text)
  }
}
`;
}
