/** What wants a person. Each step gives what it found; it throws where that is not as it should be, and a `Skip` says why it cannot be tried. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowsers } from "../browsers.mjs";
import { nativeOptions } from "../demo/native-client.mjs";
import { quietly } from "../demo/show.mjs";

export class Skip extends Error {}

const keychainProgram = fileURLToPath(new URL("keychain.mjs", import.meta.url));
const UNLOCKED = 'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"';

function must(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

/** What a login says is for a person. */
const asked = (person, work) => (person.isThere ? work() : quietly(work));

async function browser({ OidcClient, provider, directory, person }) {
  const client = new OidcClient(nativeOptions(provider, join(directory, "browser-tokens")));
  try {
    const before = provider.grants.length;
    await asked(person, () => client.getAccessToken());
    must(provider.grants.length === before + 1, "There was more than one token request, or none.");
    const { sub } = await client.getIdTokenClaims();
    await person.must(
      'Does the browser say "You are signed in"?',
      "The page after the sign-in is not as it should be.",
    );
    await person.must(
      "Is the code gone from the browser's address bar?",
      "The address bar still shows the code of the sign-in.",
    );
    return `signed in as ${sub}`;
  } finally {
    await client.close();
  }
}

async function device({ OidcClient, provider, directory, person, scripted }) {
  const options = { ...nativeOptions(provider, join(directory, "device-tokens")), flow: "device_code" };
  const approve = ({ verificationUriComplete }) => void scripted.approveDeviceOverHttp(verificationUriComplete);
  const client = new OidcClient({ ...options, ...(person.isThere ? {} : { onDeviceCode: approve }) });
  try {
    await client.getAccessToken();
    await person.must("Did the page show the same code as this terminal?", "The codes differ.");
    return "the code was approved";
  } finally {
    await client.close();
  }
}

/** Two processes: the second one reads what the first has stored, by the key in the keychain. */
async function keychain({ provider, directory, person }) {
  const place = join(directory, "encrypted-tokens");
  const program = [process.execPath, keychainProgram, JSON.stringify(nativeOptions(provider, place))];
  const both = await output(person.isThere ? program : withKeychain(program)).catch((error) => {
    if (/There is no keychain/.test(error.message)) throw new Skip(error.message);
    throw error;
  });
  const [first, second] = both.split(" ");
  must(first === second, "Another process has another token.");
  const files = readdirSync(place).filter((name) => name.endsWith(".sealed"));
  must(files.length === 1, `There are ${files.length} encrypted files.`);
  must(
    !/eyJhbGciOi|"accessToken"|"refreshToken"/.test(readFileSync(join(place, files[0]), "latin1")),
    "The file is not encrypted.",
  );
  const dialog = await person.sees("Did a dialog of the keychain ask you for a password, or for a permission?");
  const told = dialog === undefined ? "" : dialog ? "; a dialog asked" : "; no dialog asked";
  return `two processes share an encrypted file${told}`;
}

/** With nobody there: a keychain of its own, on a bus of its own, which is unlocked. */
function withKeychain(program) {
  const { keyring } = findBrowsers();
  if (keyring === undefined)
    throw new Skip("no gnome-keyring or dbus-run-session here; npm run browsers installs them");
  return [keyring.dbusRunSession, "--", "bash", "-c", UNLOCKED, "bash", ...program];
}

/** What a program writes to stdout. Rejects with its words where it fails. */
function output([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"])
      child[stream].setEncoding("utf8").on("data", (part) => (output[stream] += part));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output.stdout) : reject(new Error(output.stderr.trim()))));
  });
}

async function signOut({ OidcClient, provider, directory, person }) {
  const postLogoutRedirectUri = "http://127.0.0.1/bye";
  const client = new OidcClient({
    ...nativeOptions(provider, join(directory, "browser-tokens")),
    postLogoutRedirectUri,
  });
  try {
    if ((await client.getIdTokenClaims()) === undefined)
      throw new Skip("nobody is signed in: the first step was skipped");
    const { providerSession, revocation } = await asked(person, () => client.signOut({ providerSession: true }));
    must(revocation === "done", `The revocation is "${revocation}".`);
    must(providerSession === "ended", `The provider's session is "${providerSession}", and not "ended".`);
    await person.must(
      'Does the browser say "You are signed out"?',
      "The page after the sign-out is not as it should be.",
    );
    return "the provider has sent the browser back";
  } finally {
    await client.close();
  }
}

/** In this order: the last one ends what the first has begun. */
export const STEPS = {
  "System browser": {
    work: browser,
    text: "Your browser opens at a provider on this machine. Any name and password will do. Then look at the page and its address.",
  },
  "Device code": {
    work: device,
    text: "An address and a code are shown, on a large terminal with a QR code. Open the address in a browser on this machine.",
  },
  "Keychain dialog": {
    work: keychain,
    text: "A program stores a session whose key goes into your system's keychain. If a dialog comes, unlock the keychain. Lock it before to see one.",
  },
  "Sign-out at the provider": {
    work: signOut,
    text: "The provider asks in your browser whether you want to sign out. Say yes.",
  },
};
