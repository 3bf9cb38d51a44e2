/** docs/frameworks: the blocks are the files that `npm run frameworks` tries, to the letter. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./packaging/built-package.js";

const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const names = ["angular", "next", "react", "svelte", "vue"];
const examples = join("examples", "frameworks");

interface Block {
  /** The file of the last link before the block, below examples/frameworks. */
  readonly file: string;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  let file = "";
  return [...page.matchAll(/\]\(\.\.\/\.\.\/examples\/frameworks\/([^)\s]+)\)|^```\w+\n(.*?)^```$/gms)].flatMap(
    ([, link, code]) => {
      file = link ?? file;
      return code === undefined ? [] : [{ file, code }];
    },
  );
}

/** Without the indentation: a part of a file is shown from its own margin. */
const linesOf = (text: string) => text.trim().replaceAll(/^[ \t]+/gm, "");
const isPart = (text: string, code: string) => `\n${linesOf(text)}\n`.includes(`\n${linesOf(code)}\n`);

it("has a page for each folder of files to copy, which docs/spa.md links to", () => {
  const folders = readdirSync(join(root, examples), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  // "build" and "node_modules" come and go.
  const copied = folders.map(({ name }) => name).filter((name) => !["apps", "build", "node_modules"].includes(name));
  expect(copied.toSorted()).toEqual(names);
  expect(readdirSync(join(root, "docs", "frameworks")).toSorted()).toEqual(names.map((name) => `${name}.md`));
  expect(names.filter((name) => !read("docs", "spa.md").includes(`(frameworks/${name}.md)`))).toEqual([]);
});

describe.each(names)("docs/frameworks/%s.md", (name) => {
  const page = read("docs", "frameworks", `${name}.md`);
  const blocks = blocksOf(page);
  const files = readdirSync(join(root, examples, name));

  it("holds each file to copy as it is, and names it in the table", () => {
    const differ = files.filter((file) => {
      const text = read(examples, name, file);
      return !blocks.some((block) => block.file === `${name}/${file}` && block.code === text);
    });
    expect(differ).toEqual([]);
    expect(files.filter((file) => !page.includes(`| \`${file}\` |`))).toEqual([]);
  });

  it("shows nothing of an app that is not there", () => {
    expect(blocks.length).toBeGreaterThan(files.length);
    expect(blocks.filter(({ file, code }) => !isPart(read(examples, file), code))).toEqual([]);
  });

  it("has files of 60 lines at the most", () => {
    expect(files.filter((file) => read(examples, name, file).trimEnd().split("\n").length > 60)).toEqual([]);
  });
});

describe("A block", () => {
  it("that differs in a word is found out", () => {
    const [block] = blocksOf("[a](../../examples/frameworks/next/client.ts)\n\n```ts\nconst a = 1;\n  go(a);\n```\n");
    expect(block).toEqual({ file: "next/client.ts", code: "const a = 1;\n  go(a);\n" });
    expect(isPart("function f() {\n  const a = 1;\n  go(a);\n}\n", block?.code ?? "")).toBe(true);
    expect(isPart("function f() {\n  const a = 2;\n  go(a);\n}\n", block?.code ?? "")).toBe(false);
    expect(isPart("function f() {\n  const a = 1;\n  go(a);;\n}\n", block?.code ?? "")).toBe(false);
  });
});
