/** What a shell completes: the commands and the options, with what may follow them. */

export interface Command {
  readonly name: string;
  /** A sentence without its full stop. */
  readonly does: string;
  /** The words that may follow it. */
  readonly words: readonly string[];
}

export interface Option {
  /** Without its dashes. */
  readonly name: string;
  /** Empty for a setting. */
  readonly does: string;
  readonly takesValue: boolean;
  /** What the value may be, as far as that is known. */
  readonly values: readonly string[] | "files" | "directories";
  /** The commands that have it; undefined: all. */
  readonly commands: readonly string[] | undefined;
}

export interface Vocabulary {
  readonly commands: readonly Command[];
  readonly options: readonly Option[];
}

export const PROGRAM = "keystone-auth";

/** The options that a command has. */
export const optionsOf = ({ options }: Vocabulary, command: string): readonly Option[] =>
  options.filter(({ commands }) => commands?.includes(command) ?? true);

/** Those whose value is one of the next word. */
export const withValue = ({ options }: Vocabulary): readonly Option[] => options.filter(({ takesValue }) => takesValue);

/** A text between single quotes, as POSIX shells and PowerShell write one inside it. */
export const quoted = (text: string, quote: string): string => `'${text.replaceAll("'", quote)}'`;
