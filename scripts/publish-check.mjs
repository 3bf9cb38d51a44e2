/**
 * `npm run publish-check`: what is missing for publishing that only the owner knows. Each is an address, which this repository does not
 * invent. Fails while one is missing.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

/** @param {object} manifest package.json @param {string} security the text of SECURITY.md; gives a sentence for each gap */
export function missingForPublishing(manifest, security) {
  const fields = {
    repository: "the address of the repository: npm shows it, and leads the README's reader to the guides",
    homepage: "the page that npm links to",
    bugs: "where faults are reported",
  };
  const empty = Object.keys(fields).filter((name) => !/https:\/\/|git\+/.test(JSON.stringify(manifest[name] ?? "")));
  const gaps = empty.map((name) => `package.json: ${name}, ${fields[name]}`);
  const section = /^## Reporting[^\n]*\n(.*?)(?=^## |(?![^]))/ms.exec(security)?.[1] ?? "";
  if (!/[\w.+-]+@[\w-]+\.\w+|https:\/\//.test(section))
    gaps.push("SECURITY.md: an address of the security contact, in the section on reporting");
  return gaps;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const gaps = missingForPublishing(manifest, readFileSync("SECURITY.md", "utf8"));
  for (const gap of gaps) console.log(`✗ ${gap}`);
  console.log(
    gaps.length === 0 ? "Nothing is missing for publishing." : `${gaps.length} are missing; only the owner knows them.`,
  );
  process.exitCode = gaps.length === 0 ? 0 : 1;
}
