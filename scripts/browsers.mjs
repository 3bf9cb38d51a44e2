/**
 * Where the browsers of the end-to-end tests, the keychain of the storage tests and the shells of the completion tests are, and
 * their installation where that can be done.
 *
 * `node scripts/browsers.mjs` installs what is missing and says what there is. A machine without them is no fault of the
 * project: the tests of one that is missing are skipped and say so.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

/** For each of them the programs that it needs in PATH, and the Debian packages that bring them. */
const browsers = {
  chromium: { packages: ["chromium"], programs: { path: ["chromium", "chromium-browser", "google-chrome"] } },
  firefox: { packages: ["firefox-esr"], programs: { path: ["firefox-esr", "firefox"] } },
  webkit: {
    packages: ["webkit2gtk-driver", "xvfb", "xauth"],
    programs: { path: ["WebKitWebDriver"], xvfbRun: ["xvfb-run"], xauth: ["xauth"] },
  },
  keyring: {
    packages: ["gnome-keyring", "dbus-daemon", "dbus-bin"],
    programs: { path: ["gnome-keyring-daemon"], dbusRunSession: ["dbus-run-session"], dbusSend: ["dbus-send"] },
  },
  shells: { packages: ["zsh", "fish"], programs: { path: ["zsh"], fish: ["fish"] } },
};

/**
 * `{ chromium?, firefox?, webkit?, keyring?, shells? }`: each that can be started, with the `path` of its program (for WebKit: of its
 * driver) and, for WebKit, `xvfbRun` and `xauth`.
 */
export function findBrowsers() {
  const found = {};
  for (const [name, { programs }] of Object.entries(browsers)) {
    const paths = Object.entries(programs).map(([key, names]) => [key, findProgram(names)]);
    if (paths.every(([, path]) => path !== undefined)) found[name] = Object.fromEntries(paths);
  }
  return found;
}

/**
 * Installs what is missing where it can (root, with apt-get), else leaves it at what there is.
 *
 * @returns `{ found, missing, report }`: what `findBrowsers()` gives then, the names of those that are not to be had, and
 * why. Never rejects.
 */
export async function ensureBrowsers() {
  const wanted = missingOf(findBrowsers());
  if (wanted.length === 0) return outcome("all there");
  return outcome((await installPackages(wanted.flatMap((name) => browsers[name].packages))).report);
}

/** Installs Debian packages where that can be done. Gives whether it did, and what is to be said of it. Never rejects. */
export async function installPackages(packages) {
  const byHand = `Debian packages: ${packages.join(" ")}`;
  const not = (why) => ({ ok: false, report: `not installed, since ${why}; ${byHand}` });
  if (process.getuid?.() !== 0) return not("this is not root");
  if (findProgram(["apt-get"]) === undefined) return not("there is no apt-get");
  const updated = await aptGet("update");
  const installed = await aptGet("install", "-y", "--no-install-recommends", ...packages);
  const faults = [updated, installed].filter(({ ok }) => !ok).map(({ output }) => output.trimEnd());
  const report = [`installed ${packages.join(" ")}`, ...(installed.ok ? [] : faults)].join("\n");
  return { ok: installed.ok, report };
}

function outcome(report) {
  const found = findBrowsers();
  return { found, missing: missingOf(found), report };
}

function missingOf(found) {
  return Object.keys(browsers).filter((name) => !(name in found));
}

/** The first of the names that is a program in PATH. */
export function findProgram(names) {
  const directories = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const candidates = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function aptGet(...args) {
  return new Promise((resolve) => {
    // Another installation may be under way on the machine; five minutes are enough for any that ends at all.
    const child = spawn("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { found, missing, report } = await ensureBrowsers();
  for (const [name, { path }] of Object.entries(found)) console.log(`${name}: ${path}`);
  for (const name of missing) console.log(`${name}: missing`);
  console.log(report);
}
