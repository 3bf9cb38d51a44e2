/** safeStorage over a real Secret Service, which is there at one start of the app and not at another. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { findBrowsers } from "../../browsers.mjs";
import { must } from "../world.mjs";

const FLAGS = ["--password-store=gnome-libsecret"];
const UNLOCKED = 'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"';
const IN_SESSION = ["dbus-run-session", "--", "bash", "-c", UNLOCKED, "bash"];
const SETTINGS = { env: { APP: "own", MODE: "encrypted" }, flags: FLAGS };

/** The bytes of the records and of the wrapped key. Locks and such come and go. */
function keptIn(home) {
  const folders = [join(home, "tokens"), join(home, "config", "keystone-auth-app", "keystone-auth")];
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)));
  const kept = files.filter((file) => statSync(file).isFile());
  return kept.sort().map((file) => `${file} ${createHash("sha256").update(readFileSync(file)).digest("hex")}`);
}

const without = (says, settings) => ({
  name: `EL-03 ${says}`,
  says: `safeStorage with ${says} at one start: StorageError, nothing is changed, and the next start has the session`,
  run: async (world) => {
    const { keyring } = findBrowsers();
    if (keyring === undefined) return "There is no gnome-keyring here: npm run browsers installs it on Debian.";
    const home = world.home();
    const first = await world.play("keep", { ...SETTINGS, home, wrap: IN_SESSION });
    must(first.isAvailable && first.token === "string", "There is no keychain to begin with", first);
    const before = keptIn(home);
    must(before.length >= 2, "There is no record and no wrapped key", before);
    const second = await world.play("take", { ...SETTINGS, home, ...settings });
    const { code, kind, sessionKept } = second.error ?? {};
    must(code === "storage" && kind === "unavailable" && sessionKept, "The error is another one", second);
    must(keptIn(home).join() === before.join(), "What is stored has changed", { before, after: keptIn(home) });
    const third = await world.play("take", { ...SETTINGS, home, wrap: IN_SESSION });
    must(third.token === "string", "The session is lost", third);
  },
});

export const KEYCHAINS = [without("no keychain", {}), without("basic_text", { flags: ["--password-store=basic"] })];
