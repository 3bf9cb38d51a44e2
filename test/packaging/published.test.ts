/** What a person reads of the package who has it from npm, and what only the owner can add to it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { missingForPublishing } from "../../scripts/publish-check.mjs";
import { ensureBuilt, root } from "./built-package.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json")) as { engines: { node: string }; license: string };

beforeAll(ensureBuilt, 60_000);

describe("The package", () => {
  it("PK-09 DX-10 has what its fields and its README name, nothing else, and few bytes", () => {
    const said = execFileSync(process.execPath, ["scripts/check-package.mjs"], { cwd: root, encoding: "utf8" });
    expect(said).toMatch(/^\d+ files, \d+ KB packed, \d+ KB unpacked\n$/);
  });

  it("PK-09 has a README without a link or a picture that is not packed", () => {
    const links = [...read("README.md").matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b);
    expect(links.filter((link) => !/^(?:https:|#)/.test(link ?? ""))).toEqual([]);
  });
});

describe("The README's first screen", () => {
  // What a terminal of 60 lines shows.
  const screen = read("README.md").split("\n").slice(0, 60).join("\n");

  it("DX-11 tells what it is, how it is installed, where it runs, its licence and its status", () => {
    expect(screen).toContain("npm install keystone-auth");
    const [, lowest, next] = /^\^(\d+\.\d+)\.0 \|\| >=(\d+\.\d+)\.0$/.exec(manifest.engines.node) ?? [];
    expect(screen).toContain(`Node ${lowest}, or ${next} and later`);
    for (const word of ["Chrome", "Firefox", "Safari", `${manifest.license} licence`, "Status:"])
      expect(screen).toContain(word);
    expect(screen.match(/offline_access: /g)).toHaveLength(2);
  });
});

describe("What a guide shows", () => {
  const program = (path: string) => read(join("scripts", "bundlers", "place", "programs", path));
  const lines = (text: string) => text.split("\n").map((line) => line.trim());

  it.each([
    ["PK-03", "docs/testing.md", "cjs", "tests/stand-in.test.js"],
    ["PK-03", "docs/testing.md", 'ts\nimport { vi } from "vitest";', "tests/replaced.test.mjs"],
    ["PK-06", "docs/bundlers.md", "html", "import-map.txt"],
  ])("%s in %s is what npm run bundlers tries", (_id, page, language, path) => {
    const [, shown = ""] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms").exec(read(page)) ?? [];
    const tried = lines(program(path).replace("/page.js", "/app.js"));
    expect(lines(shown).length).toBeGreaterThan(4);
    expect(lines(shown).filter((line) => !tried.includes(line))).toEqual([]);
  });
});

describe("npm run publish-check", () => {
  const owned = {
    repository: { type: "git", url: "git+https://repository.example/keystone-auth.git" },
    homepage: "https://docs.example",
    bugs: "https://repository.example/issues",
  };
  const security = (contact: string) =>
    `# Security\n\n## Reporting\n\nTell ${contact}.\n\n## Promises\nhttps://example\n`;

  it("DX-10 names each address that only the owner knows", () => {
    const gaps = missingForPublishing({}, security("the contact"));
    expect(gaps.map((gap) => gap.split(",")[0])).toEqual([
      "package.json: repository",
      "package.json: homepage",
      "package.json: bugs",
      "SECURITY.md: an address of the security contact",
    ]);
  });

  it("DX-10 is content when they are there", () => {
    expect(missingForPublishing(owned, security("security@company.example"))).toEqual([]);
    expect(missingForPublishing({ ...owned, homepage: "" }, security("https://company.example/security"))).toHaveLength(
      1,
    );
  });
});
