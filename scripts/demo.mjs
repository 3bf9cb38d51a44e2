/**
 * `npm run demo`: a sign-in and all that follows, without a provider of your own. `-- --auto` needs no person.
 *
 * Works on a fresh clone with nothing installed. Everything is on loopback and in a directory that is removed at the end.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "./demo/arguments.mjs";
import { nativeOptions } from "./demo/native-client.mjs";
import { build, install, isInstalled, support } from "./demo/prepare.mjs";
import { licence } from "./demo/licence.mjs";
import * as session from "./demo/session.mjs";
import { blank, failed, step, title } from "./demo/show.mjs";

const HELP = `npm run demo: a sign-in and all that follows, with a provider of its own. Nothing has to be installed before.

  -- --auto   a scripted user signs in; so it is also where no browser or no terminal is there
  -- --help   this text
`;
const { auto } = readArguments(HELP, { auto: { type: "boolean" } });

/**
 * Seconds that the tokens live, one after the other: the first through some steps, the second only until it is waited for,
 * the others longer than 20 processes on a busy machine can take, or the last of them would find the new one expired.
 */
const LIFETIMES = [10, 4];
const LATER_LIFETIME = 600;

/** Whether somebody is there who could sign in, with a browser to do it. */
function isPersonThere() {
  if (auto || !process.stdin.isTTY || !process.stdout.isTTY) return false;
  const { BROWSER, DISPLAY, WAYLAND_DISPLAY, CI } = process.env;
  if (CI) return false;
  return Boolean(BROWSER || DISPLAY || WAYLAND_DISPLAY) || ["darwin", "win32"].includes(process.platform);
}

async function startProvider(licences) {
  const { startRealProvider } = await support("real-provider");
  // Handed on to oidc-provider, which takes a function too.
  const accessTokenSeconds = () => LIFETIMES.shift() ?? LATER_LIFETIME;
  const provider = await startRealProvider({ ttl: { accessTokenSeconds }, accessTokenClaims: () => licences });
  return { value: provider, found: `oidc-provider at ${provider.issuer}` };
}

async function openSession(provider, licences, directory) {
  const { OidcClient } = await import("keystone-auth/node");
  const { approveDeviceOverHttp, signInOverHttp } = await support("scripted-user");
  const byPerson = isPersonThere();
  const options = {
    ...nativeOptions(provider, join(directory, "tokens")),
    minValiditySeconds: 1,
  };
  const user = byPerson ? {} : { openBrowser: (url) => void signInOverHttp(url) };
  const approver = byPerson
    ? {}
    : { onDeviceCode: (prompt) => void approveDeviceOverHttp(prompt.verificationUriComplete) };
  const onDevice = { flow: "device_code", storageDirectory: join(directory, "device-tokens") };
  return {
    options,
    provider,
    licences,
    byPerson,
    client: new OidcClient({ ...options, ...user }),
    deviceClient: new OidcClient({ ...options, ...onDevice, ...approver }),
  };
}

async function mainJob(directory) {
  title("keystone-auth demo");
  blank();
  if (!isInstalled()) await step("Installed what package-lock.json names", install);
  await step("Built the package", build);
  /** What the account has, as claims of its access tokens. */
  const licences = {};
  const provider = await step("Started a provider", () => startProvider(licences));
  const demo = await openSession(provider, licences, directory);
  try {
    const first = await session.signIn(demo);
    await session.fromMemory(demo, first);
    await session.fromSecondProcess(demo, first);
    const renewed = await session.afterExpiry(demo, first);
    await session.fromManyProcesses(demo, renewed);
    await session.byCommand(demo);
    await licence(demo);
    await session.byDevice(demo);
    await session.signOut(demo);
  } finally {
    await Promise.all([demo.client.close(), demo.deviceClient.close(), provider.close()]);
  }
  blank();
  title("All is well.");
}

const directory = mkdtempSync(join(tmpdir(), "keystone-auth-demo-"));
const remove = () => rmSync(directory, { recursive: true, force: true });
process.once("SIGINT", () => {
  remove();
  process.exit(130);
});
try {
  await mainJob(directory);
  remove();
} catch (error) {
  failed(error);
  remove();
  // Processes that still wait for their start would keep this one alive; they end with it.
  process.exit(1);
}
