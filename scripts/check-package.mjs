/**
 * Looks at the files that would be published: all that the fields of package.json name, nothing that nobody needs, no more bytes than
 * allowed, and a README whose links stay inside.
 */
import { readFileSync } from "node:fs";
import { packedFiles } from "./package-files.mjs";

const MOST_PACKED = 250_000;
const MOST_UNPACKED = 800_000;
const allowed = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^dist\/[\w-]+\.c?js$/,
  /^dist\/[\w-]+\.d\.cts$/,
  /^dist\/types\/.+\.d\.ts$/,
];

/** The files that a field names, whatever its shape. */
function targetsOf(value) {
  if (typeof value === "string") return [value.replace(/^\.\//, "")];
  return Object.values(value).flatMap(targetsOf);
}

/** Relative links and pictures of a page that lead to no packed file. */
function deadLinks(page, names) {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)];
  const targets = links.map(([, markdown, html]) => (markdown ?? html).replace(/#.*$/, ""));
  const inside = (target) => target === "" || /^[a-z]+:/.test(target) || names.includes(target.replace(/^\.\//, ""));
  return targets.filter((target) => !inside(target));
}

const { main, module, browser, types, typesVersions, exports, bin } = JSON.parse(readFileSync("package.json", "utf8"));
const fields = [main, module, browser, types, typesVersions, exports, bin];
const required = ["package.json", "README.md", "LICENSE", ...fields.flatMap(targetsOf)];
const { names, packed, unpacked } = packedFiles();
const faults = [
  ...required.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
  ...names
    .filter((name) => !allowed.some((pattern) => pattern.test(name)))
    .map((name) => `${name} should not be published`),
  ...deadLinks("README.md", names).map((link) => `README.md leads to ${link}, which is not published`),
  ...(packed > MOST_PACKED ? [`the tarball has ${packed} bytes, ${MOST_PACKED} are allowed`] : []),
  ...(unpacked > MOST_UNPACKED ? [`the package has ${unpacked} bytes, ${MOST_UNPACKED} are allowed`] : []),
];

if (faults.length > 0) {
  console.error([...new Set(faults)].join("\n"));
  process.exitCode = 1;
} else {
  console.log(
    `${names.length} files, ${Math.round(packed / 1000)} KB packed, ${Math.round(unpacked / 1000)} KB unpacked`,
  );
}
