/**
 * How `exec` starts a program on Windows, whose system call runs .exe files alone: the program is looked for with the
 * extensions of PATHEXT, and a batch file (.cmd, .bat: npm, az, gcloud) is run by cmd.exe.
 */
import { existsSync } from "node:fs";
import { win32 } from "node:path";
import { EnvironmentError } from "../errors.js";

type Env = Readonly<Record<string, string | undefined>>;

/** What `spawn` is called with. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** The arguments are one command line already. */
  readonly verbatim: boolean;
}

/**
 * The program that is meant; `undefined` where there is none.
 *
 * @throws EnvironmentError (`environment`) where an argument cannot be given to a batch file
 */
export function windowsProgram(
  command: string,
  args: readonly string[],
  env: Env,
  exists: (path: string) => boolean = existsSync,
): Program | undefined {
  const path = find(command, env, exists);
  if (path === undefined) return undefined;
  if (!/\.(cmd|bat)$/i.test(path)) return { file: path, args, verbatim: false };
  if ([path, ...args].some((each) => /[\r\n\0]/.test(each))) {
    throw new EnvironmentError("An argument with a line break cannot be given to a .cmd or .bat program.");
  }
  const line = [path, ...args].map(quoted).join(" ");
  // No AutoRun; `/s` takes off the first and the last quote and nothing else; extensions for the percent sign, and no `!`.
  return { file: commandProcessor(env), args: ["/d", "/e:on", "/v:off", "/s", "/c", `"${line}"`], verbatim: true };
}

/** Windows makes no difference between small and capital letters. */
function variable(env: Env, name: string): string | undefined {
  return Object.entries(env).find(([each]) => each.toUpperCase() === name)?.[1];
}

/** The system's own, wherever PATH leads. */
function commandProcessor(env: Env): string {
  const root = variable(env, "SYSTEMROOT");
  return root === undefined ? (variable(env, "COMSPEC") ?? "cmd.exe") : win32.join(root, "System32", "cmd.exe");
}

/** Not in the working directory: it may be one that was cloned, with a program of a well-known name in it. */
function find(command: string, env: Env, exists: (path: string) => boolean): string | undefined {
  const extensions = (variable(env, "PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";").filter(Boolean);
  const isPath = /[\\/]|^[a-z]:/i.test(command);
  const folders = isPath ? [""] : (variable(env, "PATH") ?? "").split(";").map(unquoted).filter(win32.isAbsolute);
  const hasExtension = extensions.some((each) => command.toLowerCase().endsWith(each.toLowerCase()));
  // What is there and has no such extension is no program: to try it gives the system's own word.
  const endings = hasExtension ? ["", ...extensions] : [...extensions, ...(isPath ? [""] : [])];
  const paths = folders.map((folder) => (isPath ? win32.normalize(command) : win32.join(folder, command)));
  return paths.flatMap((path) => endings.map((ending) => path + ending)).find(exists);
}

const unquoted = (folder: string): string => folder.replace(/^"(.*)"$/, "$1");

/**
 * An argument as it arrives unchanged, although cmd.exe reads the line twice: once itself, once where the batch file hands its
 * arguments on (`%*`), and the program there once more.
 *
 * - In quotes, all of it: there `&`, `|`, `<`, `>`, `^` and blanks mean nothing.
 * - A quote is doubled: to cmd.exe it ends the quoted part and begins it again at once, and to the program it is one quote.
 * - A percent sign has an empty expansion behind it, so that it begins no variable.
 * - A backslash before a quote is doubled: the program reads it as one.
 */
function quoted(text: string): string {
  const inner = text
    .replace(/(\\*)("|$)/g, (_all, slashes: string, quote: string) => slashes + slashes + quote + quote)
    .replaceAll("%", "%%cd:~,%");
  return `"${inner}"`;
}
