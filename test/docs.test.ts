/** The documentation: its programs compile against the built package's types, its links lead somewhere, no error is missing. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, root } from "./packaging/built-package.js";

const guides = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const examples = readdirSync(join(root, "examples")).map((name) => join("examples", name, "README.md"));
const pages = ["README.md", "CONTRIBUTING.md", ...guides.map((name) => join("docs", name)), ...examples].filter(
  (page) => existsSync(join(root, page)),
);
/** Their programs need their frameworks: `npm run frameworks` compiles them, and test/frameworks.test.ts compares them. */
const frameworks = readdirSync(join(root, "docs", "frameworks")).map((name) => join("docs", "frameworks", name));
const textOf = (page: string) => readFileSync(join(root, page), "utf8");

interface Block {
  readonly page: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
  readonly language: "ts" | "tsx" | "js";
  readonly code: string;
}

const LANGUAGES: Record<string, Block["language"]> = {
  ts: "ts",
  typescript: "ts",
  tsx: "tsx",
  js: "js",
  mjs: "js",
  javascript: "js",
};

/** The fenced blocks of a page that are programs. */
function programsIn(page: string, text: string): Block[] {
  return [...text.matchAll(/^```(\w+)[^\n]*\n(.*?)^```$/gms)].flatMap(({ index, 1: name = "", 2: code = "" }) => {
    const language = LANGUAGES[name];
    return language ? [{ page, line: text.slice(0, index).split("\n").length + 1, language, code }] : [];
  });
}

/** What a page has said before, so that not every block must say it again; and what is not installed here. */
const PRELUDE = `import type { OidcClient } from "keystone-auth";
declare global {
  const client: OidcClient;
  const issuer: string;
}
`;
const CLIENT = `import type { OidcClient } from "keystone-auth/browser";
export declare const client: OidcClient;
`;
const NOT_INSTALLED = `declare module "electron";\n`;
const SETTINGS = {
  compilerOptions: {
    target: "ES2022",
    module: "NodeNext",
    moduleDetection: "force",
    lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node", "react"],
    jsx: "react-jsx",
    strict: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    skipLibCheck: true,
  },
};

/** Compiles each block as a module of its own; a fault names the page and its line. */
async function compileBlocks(blocks: readonly Block[]): Promise<string[]> {
  mkdirSync(join(root, "build"), { recursive: true });
  // Inside the package, so that its own name leads to its own exports.
  const directory = mkdtempSync(join(root, "build", "docs-"));
  try {
    for (const { page, line, language, code } of blocks) {
      const name = `${page.replaceAll(/[\\/]/g, "~")}@${line}.${language}`;
      // Blank lines before it: the compiler then counts as the page does.
      writeFileSync(join(directory, name), "\n".repeat(line - 1) + code);
    }
    writeFileSync(join(directory, "prelude.ts"), PRELUDE);
    // The file that a guide's first block makes.
    writeFileSync(join(directory, "client.d.ts"), CLIENT);
    writeFileSync(join(directory, "not-installed.d.ts"), NOT_INSTALLED);
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(SETTINGS));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, [tsc, "-p", directory, "--pretty", "false"], { cwd: root }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    const readable = (text: string) =>
      text.replace(
        /^.*?docs-\w+\/(.+?)@\d+\.\w+\((\d+),/,
        (_all, page: string, at: string) => `${page.replaceAll("~", "/")}:${at} (`,
      );
    return output.split("\n").filter(Boolean).map(readable);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe("The programs in the documentation", () => {
  beforeAll(ensureBuilt, 60_000);

  it("compile against the types of the built package", async () => {
    const blocks = pages.flatMap((page) => programsIn(page, textOf(page)));
    expect(blocks.length).toBeGreaterThan(20);
    expect(await compileBlocks(blocks)).toEqual([]);
  });

  it("would be found out by a wrong name, with page and line", async () => {
    const page = [
      "# Title",
      "",
      "```ts",
      "await client.getAccesToken();",
      "```",
      "",
      "```js",
      "client.on(1);",
      "```",
      "",
    ];
    const faults = await compileBlocks(programsIn("docs/wrong.md", page.join("\n")));
    expect(faults.join("\n")).toMatch(/^docs\/wrong\.md:4 \(.*getAccesToken/m);
    expect(faults.join("\n")).toMatch(/^docs\/wrong\.md:8 \(/m);
  });
});

/** The heading's name in a link, as the usual renderers of Markdown make it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const headingsOf = (text: string) =>
  [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);

describe("The links in the documentation", () => {
  it.each([...pages, ...frameworks])("of %s lead to files and headings that exist", (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : relative(root, join(root, dirname(page), file));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !headingsOf(textOf(target)).map(anchorOf).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("The index names every page of the folder", () => {
    expect(guides.filter((name) => name !== "README.md" && !textOf("docs/README.md").includes(`(${name})`))).toEqual(
      [],
    );
  });
});

describe("docs/architecture.md", () => {
  beforeAll(ensureBuilt, 60_000);

  it("names files of the package that are built", () => {
    const named = textOf("docs/architecture.md").match(/dist\/[\w.-]+/g) ?? [];
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe("docs/errors.md", () => {
  const source = textOf("src/errors.ts");
  const text = textOf("docs/errors.md");
  const classes = [...source.matchAll(/override readonly name = "(\w+)";\s+override readonly code = "(\w+)";/g)];
  const members = (type: string) =>
    [...(new RegExp(`export type ${type} =([^;]+);`).exec(source)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(
      ([, name]) => name,
    );
  /** A class's section, from its heading to the next. */
  const section = (name: string) => new RegExp(`^## ${name} .*?(?=^## |(?![^]))`, "ms").exec(text)?.[0] ?? "";

  it("has a section for each class, with its code, and a row in the table", () => {
    expect(new Set(classes.map(([, , code]) => code))).toEqual(new Set(members("ErrorCode")));
    for (const [, name = "", code] of classes) {
      expect(headingsOf(text)).toContain(`${name} (\`${code}\`)`);
      expect(text).toContain(`| ${name} | \`${code}\` |`);
      expect(section(name)).toMatch(/\*\*Do:\*\*|\| do/);
    }
  });

  it.each([
    ["LoginRequiredError", "LoginRequiredReason"],
    ["StorageError", "StorageErrorKind"],
    ["PopupError", "PopupErrorKind"],
  ])("explains each reason or kind of %s", (name, type) => {
    expect(members(type).length).toBeGreaterThan(1);
    for (const member of members(type)) expect(section(name)).toContain(`| \`${member}\` |`);
  });
});
