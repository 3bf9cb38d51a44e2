/**
 * `npm run demo:spa`: the single-page examples with a provider and an API of their own, until Ctrl-C.
 *
 * `-- --auto` signs in to each with a headless browser, where there is one, and ends; `--screenshots DIRECTORY` keeps
 * pictures of what it saw. Works on a fresh clone with nothing installed. Everything listens on loopback only.
 */
import { fileURLToPath } from "node:url";
import { readArguments } from "./demo/arguments.mjs";
import { build, install, isInstalled, support } from "./demo/prepare.mjs";
import { blank, details, failed, note, step, title } from "./demo/show.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Where the examples look by default; any free ports where these are taken. */
const PORTS = { provider: 4400, api: 4401, "spa-redirect": 5173, "spa-popup": 5174, "spa-react": 5175 };
const HELP = `npm run demo:spa: the single-page examples with a provider and an API of their own, until Ctrl-C.

  -- --auto                         a headless Chromium signs in to each, and the demo ends
  -- --auto --screenshots FOLDER    keeps pictures of what it saw
  -- --help                         this text
`;
const NAMES = ["spa-redirect", "spa-popup", "spa-react"];

async function startAll(open) {
  const [{ startRealProvider }, { startProtectedApi }, { startExampleApp }] = await Promise.all(
    ["real-provider", "protected-api", "example-apps"].map(support),
  );
  const keep = (part) => {
    open.push(part);
    return part;
  };
  const apps = {};
  for (const name of NAMES) apps[name] = keep(await startExampleApp(name, PORTS[name]));
  const spaRedirectUris = Object.values(apps).map(({ redirectUri }) => redirectUri);
  const provider = keep(await startRealProvider({ port: PORTS.provider, spaRedirectUris }));
  const audience = "hub_connector_api";
  const api = keep(await startProtectedApi({ port: PORTS.api, issuer: provider.issuer, audience }));
  return { value: { apps, provider, api }, found: `oidc-provider at ${provider.issuer}` };
}

async function buildApps({ apps, provider, api }) {
  // One after the other: each build takes its settings from the environment.
  for (const name of NAMES) await apps[name].build(root, { issuer: provider.issuer, api: api.url });
  return { found: NAMES.join(", ") };
}

async function untilInterrupted(apps) {
  blank();
  details(Object.fromEntries(NAMES.map((name) => [name, `${apps[name].origin}/`])));
  blank();
  note("Open one of them; any name and password will do. Ctrl-C ends all.");
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
  blank();
}

async function main(open) {
  const { auto, screenshots } = readArguments(HELP, { auto: { type: "boolean" }, screenshots: { type: "string" } });
  title("keystone-auth in single-page apps");
  blank();
  if (!isInstalled()) await step("Installed what package-lock.json names", install);
  await step("Built the package", build);
  const demo = await step("Started a provider and an API", () => startAll(open));
  await step("Built the apps", () => buildApps(demo));
  if (!auto) return await untilInterrupted(demo.apps);
  const { signInToAll } = await import("./demo/spa-session.mjs");
  await signInToAll(demo, screenshots);
}

const open = [];
try {
  await main(open);
} catch (error) {
  failed(error);
  process.exitCode = 1;
} finally {
  await Promise.all(open.map((part) => part.close()));
}
