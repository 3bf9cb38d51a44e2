/** PK-07: an installation of which a part is missing, in a program that has begun with it. */
import { cpSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { useScratchDirectories } from "../support/scratch.js";
import { dist, ensureBuilt, root } from "./built-package.js";

interface Told {
  readonly name: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly causeCode?: string;
  readonly message: string;
}

const scratch = useScratchDirectories();
beforeAll(ensureBuilt, 60_000);

/** Waits for the line that says that the files are as they shall be, and then asks for a token. */
const PROGRAM = `
import { once } from "node:events";
import { OidcClient } from "keystone-auth/node";
const client = new OidcClient({ clientId: "native", issuer: "https://id.example", storage: "memory",
  fetch: async () => { throw new TypeError("no network"); } });
console.log("begun");
await once(process.stdin, "data");
const error = await client.getAccessToken().catch((fault) => fault);
console.log(JSON.stringify({ ...error, name: error.name, code: error.code, message: error.message }));
process.exit();
`;

/** A project with the package in it, as npm lays it, but for dependencies that are left out. */
function install(...without: string[]): string {
  const project = scratch();
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "keystone-auth"), { recursive: true });
  cpSync(dist, join(modules, "keystone-auth", "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(modules, "keystone-auth", "package.json"));
  for (const name of ["oauth4webapi", "open", "uqr"].filter((each) => !without.includes(each)))
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  writeFileSync(join(project, "program.mjs"), PROGRAM);
  return project;
}

/** What the call is told whose package was changed after the program had begun. */
async function callAfter(project: string, change: (files: string) => void): Promise<Told> {
  const running = promisify(execFile)(process.execPath, ["program.mjs"], { cwd: project, timeout: 15_000 });
  const { stdout, stdin } = running.child;
  await new Promise<void>((resolve) => stdout?.once("data", () => resolve()));
  change(join(project, "node_modules", "keystone-auth", "dist"));
  stdin?.end("go\n");
  const [, told = ""] = (await running).stdout.trim().split("\n");
  return JSON.parse(told) as Told;
}

const notWhole = (what: string) => ({
  name: "EnvironmentError",
  code: "environment",
  retryable: false,
  sessionKept: true,
  causeCode: "ERR_MODULE_NOT_FOUND",
  message: expect.stringMatching(
    new RegExp(`^keystone-auth ${what}: the installation is not whole, .* start the program anew\\.`),
  ) as string,
});

it("PK-07 a dependency that is not installed is named, and nobody is told to try again", async () => {
  expect(await callAfter(install("oauth4webapi"), () => {})).toEqual(notWhole("cannot load the package oauth4webapi"));
});

it("PK-07 a file of the package that was not copied is named, without the folder", async () => {
  const change = (files: string) => rmSync(join(files, "node-online.js"));
  expect(await callAfter(install(), change)).toEqual(notWhole("cannot load its file node-online\\.js"));
});

it("PK-07 a package that was replaced under a running program by one with other files is told as such", async () => {
  const change = (files: string) => {
    const text = readFileSync(join(files, "node-online.js"), "utf8");
    // Another version takes a name from the core that the core in memory has not.
    writeFileSync(
      join(files, "node-online.js"),
      text.replace(/import \{(?=[^}]*\} from '\.\/node-core)/, "import { nameOfAnotherVersion,"),
    );
  };
  expect(await callAfter(install(), change)).toEqual(notWhole("finds another version of its file node-core\\.js"));
});

it("PK-07 a command whose file is missing says so, and is no fault to be reported", async () => {
  const project = install();
  rmSync(join(project, "node_modules", "keystone-auth", "dist", "cli-status.js"));
  const command = join(project, "node_modules", "keystone-auth", "dist", "cli.js");
  const failure = await promisify(execFile)(process.execPath, [command, "status"]).catch((error: unknown) => error);
  const { stderr, code } = failure as { stderr: string; code: number };
  expect(code).toBe(1);
  expect(stderr).toMatch(/cannot load its file cli-status\.js: the installation is not whole/);
  expect(stderr).not.toContain("report");
});

it.each(["node-core.js", "cli-commands.js"])(
  "PK-07 a missing %s is told by Node alone, as docs/bundlers.md says: it looks for it before it runs anything",
  async (name) => {
    const project = install();
    const files = join(project, "node_modules", "keystone-auth", "dist");
    rmSync(join(files, name));
    const command = [join(files, "cli.js"), "status"];
    const failure = await promisify(execFile)(process.execPath, command).catch((error: unknown) => error);
    const { stderr } = failure as { stderr: string };
    expect(stderr).toContain("ERR_MODULE_NOT_FOUND");
    expect(stderr).toContain(name);
    const table = readFileSync(join(root, "docs", "bundlers.md"), "utf8");
    expect(table).toMatch(new RegExp(`^\\| \`ERR_MODULE_NOT_FOUND\`.*\`${name}\``, "m"));
  },
);

it("PK-07 a file of which half was copied is told as such", async () => {
  const change = (files: string) => {
    const file = join(files, "node-online.js");
    const text = readFileSync(file, "utf8");
    writeFileSync(`${file}.half`, text.slice(0, text.length / 2));
    renameSync(`${file}.half`, file);
  };
  const told = await callAfter(install(), change);
  expect(told).toMatchObject({ code: "environment", retryable: false, causeCode: "ERR_MODULE_NOT_FOUND" });
  expect(told.message).toContain("the installation is not whole");
});
