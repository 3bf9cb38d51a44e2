/** Looks at the list of files that would be published: all that the exports name, and nothing that nobody needs. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const allowed = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/[\w-]+\.c?js(\.map)?$/,
  /^dist\/[\w-]+\.d\.cts$/,
  /^dist\/types\/.+\.d\.ts$/,
];
const { exports, bin } = JSON.parse(readFileSync("package.json", "utf8"));
const required = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", ...targetsOf(exports), ...targetsOf(bin)];

function targetsOf(value) {
  if (typeof value === "string") return [value.replace(/^\.\//, "")];
  return Object.values(value).flatMap(targetsOf);
}

const shell = process.platform === "win32";
const listed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8", shell });
const [{ files, unpackedSize }] = JSON.parse(listed);
const names = files.map(({ path }) => path);
const faults = [
  ...required.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
  ...names
    .filter((name) => !allowed.some((pattern) => pattern.test(name)))
    .map((name) => `${name} should not be published`),
];

if (faults.length > 0) {
  console.error([...new Set(faults)].join("\n"));
  process.exitCode = 1;
} else {
  console.log(`${names.length} files, ${Math.round(unpackedSize / 1024)} KB`);
}
