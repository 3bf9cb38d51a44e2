/**
 * CM-03 on a machine without Windows: what is found along PATH and PATHEXT, and a stand-in of cmd.exe that reads a line as its
 * documents say. It is a model, not cmd.exe: percent signs first, then quotes and the characters that mean something outside them.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { windowsProgram } from "../../src/cli/windows-program.js";

const ENV = {
  Path: 'C:\\Windows;relative;C:\\Program Files\\nodejs;"C:\\Odd Tools"',
  PathExt: ".COM;.EXE;.BAT;.CMD",
  SystemRoot: "C:\\Windows",
};
const NPM = "C:\\Program Files\\nodejs\\npm.cmd";
const FILES = [NPM, "C:\\Program Files\\nodejs\\npm", "C:\\Program Files\\nodejs\\node.EXE", "C:\\Odd Tools\\odd.bat"];
const there = [...FILES, "tools\\run.cmd", "relative\\npm.cmd", "D:\\a%b&c\\x.bat", "plain.txt\\x"];
const exists = (path: string) => there.some((file) => file.toLowerCase() === path.toLowerCase());
const program = (command: string, args: readonly string[] = []) => windowsProgram(command, args, ENV, exists);

/** The line of a command: a variable that is not there stays as it is, and so does what has no name. */
function expandPercents(line: string, variables: Readonly<Record<string, string>>): string {
  let text = "";
  for (let at = 0; at < line.length; at += 1) {
    const end = line[at] === "%" ? line.indexOf("%", at + 1) : -1;
    const [name = "", cut] = line.slice(at + 1, end).split(":");
    const value = end > at + 1 ? variables[name.toLowerCase()] : undefined;
    if (value === undefined) text += line[at];
    else {
      // `~,` is a piece of no length.
      text += cut === "~," ? "" : value;
      at = end;
    }
  }
  return text;
}

/** Throws where a character would be read as more than itself. */
function mustBeInQuotes(line: string): void {
  let isQuoted = false;
  for (const char of line) {
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /[&|<>^()]/.test(char)) throw new Error(`${char} outside of quotes in ${line}`);
  }
  if (isQuoted) throw new Error(`an open quote in ${line}`);
}

/** The arguments that a program's runtime makes of its command line. */
function split(line: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === " ") continue;
    let [word, isQuoted] = ["", false];
    for (; at < line.length && (isQuoted || line[at] !== " "); at += 1) {
      const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
      if (line[at + slashes] === '"') {
        word += "\\".repeat(Math.floor(slashes / 2));
        at += slashes;
        if (slashes % 2 === 1) word += '"';
        else if (isQuoted && line[at + 1] === '"') {
          word += '"';
          at += 1;
        } else isQuoted = !isQuoted;
      } else if (slashes > 0) {
        word += "\\".repeat(slashes);
        at += slashes - 1;
      } else word += line[at];
    }
    words.push(word);
  }
  return words;
}

/** What a program gets that the batch file starts with `%*`. */
function arrivals(args: readonly string[]): string[] {
  const found = program("npm", args);
  const [options, line] = [found?.args.slice(0, -1), found?.args.at(-1) ?? ""];
  expect([found?.file, options]).toEqual(["C:\\Windows\\System32\\cmd.exe", ["/d", "/e:on", "/v:off", "/s", "/c"]]);
  // `/s` takes the first and the last quote.
  const read = expandPercents(line.replace(/^"(.*)"$/s, "$1"), { cd: "C:\\work", path: "SECRET", a: "SECRET" });
  mustBeInQuotes(read);
  // The batch file's own line is not looked through for percent signs again once the arguments are in it.
  const handed = read.slice(`"${NPM}" `.length);
  mustBeInQuotes(handed);
  return split(handed);
}

describe("CM-03 On Windows (by a stand-in of cmd.exe) the arguments of a batch file arrive unchanged", () => {
  it.each([
    [["test"]],
    [["a & b", "a|b", "<x>", "^", "(1)"]],
    [["%PATH%", "100%", "%", "%%", "%a%b%", "%cd:~,1%", "%PATH:~0,1%"]],
    [['say "hi"', '"', '""', '"&calc.exe&"', 'a" & calc "']],
    [["C:\\dir\\", "\\", "\\\\", 'a\\"b', '\\"&x', "back\\ slash"]],
    [["", " ", "  two  ", "!x!", "tab\tbed", "æøå €"]],
  ])("%j", (args) => {
    expect(arrivals(args)).toEqual(args);
  });

  it("whatever they are", () => {
    const odd = fc.constantFrom('"', "\\", "%", "&", "^", " ", "|", "a", "!", "path", "cd:~,", "(", "=");
    const word = fc.array(odd, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (args) => {
        expect(arrivals(args)).toEqual(args);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["a\nb", "a\rb", "a\0b"])("but for a line break, which is refused: %j", (arg) => {
    expect(() => program("npm", [arg])).toThrow("An argument with a line break cannot be given");
  });
});

describe("CM-03 On Windows (by a stand-in of the file system) a program is looked for", () => {
  it.each([
    ["npm", NPM],
    ["npm.cmd", NPM],
    ["NPM.CMD", NPM],
    ["odd", "C:\\Odd Tools\\odd.bat"],
    ["tools\\run", "tools\\run.cmd"],
    ["tools/run.cmd", "tools\\run.cmd"],
  ])("along PATH with the extensions of PATHEXT: %s", (command, path) => {
    const found = program(command);
    expect(found?.verbatim).toBe(true);
    expect(found?.args.at(-1)?.toLowerCase()).toBe(`""${path}""`.toLowerCase());
  });

  it("an .exe is started by itself, with its arguments as they are", () => {
    const args = ["-e", 'a "b" %PATH%'];
    expect(program("node", args)).toEqual({ file: "C:\\Program Files\\nodejs\\node.EXE", args, verbatim: false });
  });

  it.each(["nothing", "nodejs", "tools\\nothing", ""])("what is not there is not found: %j", (command) => {
    expect(program(command)).toBeUndefined();
  });

  it("not in the working directory, nor in a folder of PATH that is meant from there", () => {
    expect(windowsProgram("npm", [], { ...ENV, Path: "relative;." }, exists)).toBeUndefined();
    expect(windowsProgram("run", [], ENV, (path) => path === "run.cmd")).toBeUndefined();
  });

  it("a batch file's own path is quoted, too", () => {
    const line = program("D:\\a%b&c\\x.bat")?.args.at(-1) ?? "";
    expect(expandPercents(line, { cd: "C:\\work", b: "SECRET" })).toBe('""D:\\a%b&c\\x.bat""');
  });
});
