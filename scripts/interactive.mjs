/**
 * `npm run test:interactive`: what wants a person. The system's browser, a device code, the keychain's dialog, the provider's sign-out page; each
 * step is told, done and checked, against oidc-provider on loopback. `-- --auto`: a scripted user goes through what can go without a person.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "./demo/arguments.mjs";
import { buildSupport, support } from "./demo/prepare.mjs";
import { scriptedBrowser } from "./demo/scripted-browser.mjs";
import { blank, note } from "./demo/show.mjs";
import { Person } from "./interactive/person.mjs";
import { Skip, STEPS } from "./interactive/steps.mjs";

const HELP = `npm run test:interactive: what wants a person, step by step: a browser, a device code, the keychain's dialog, a sign-out.

  -- --auto   a scripted user goes through what can go without a person
  -- --help   this text
`;
const { auto } = readArguments(HELP, { auto: { type: "boolean" } });
if (!auto && !(process.stdin.isTTY && process.stdout.isTTY)) {
  process.stderr.write("This wants a person at a terminal; -- --auto goes without.\n");
  process.exit(69);
}

/** "✓", "✗", or "–" where it was skipped, with what is to be said of it. */
async function tryStep(name, { text, work }, world) {
  if (!(await world.person.isReadyFor(name, text))) return { mark: "–", found: "skipped" };
  try {
    return { mark: "✓", found: await work(world) };
  } catch (error) {
    if (error instanceof Skip) return { mark: "–", found: error.message };
    return { mark: "✗", found: `${error.name}: ${error.message}` };
  }
}

const directory = mkdtempSync(join(tmpdir(), "keystone-auth-interactive-"));
const person = new Person(!auto);
const results = [];
let provider;
try {
  await buildSupport();
  if (auto) process.env.BROWSER = scriptedBrowser(directory);
  const { OidcClient } = await import("keystone-auth/node");
  const scripted = await support("scripted-user");
  provider = await (await support("real-provider")).startRealProvider();
  for (const [name, step] of Object.entries(STEPS)) {
    const result = await tryStep(name, step, { OidcClient, provider, directory, person, scripted });
    note(`${result.mark} ${result.found}`);
    blank();
    results.push({ name, ...result });
  }
  for (const { mark, name, found } of results) process.stdout.write(`${mark} ${name}: ${found}\n`);
} finally {
  await provider?.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = results.every(({ mark }) => mark !== "✗") && results.length === Object.keys(STEPS).length ? 0 : 1;
