/**
 * A program with encrypted sessions, whose key the system's keychain holds. Its argument is JSON, the client's options. Signs in by itself: it is
 * the keychain's dialog that a person is wanted for. Prints the token's fingerprint, and that of a second process that may not sign in.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { OidcClient } from "keystone-auth/node";
import { support } from "../demo/prepare.mjs";

const options = JSON.parse(process.argv[2]);
const { signInOverHttp } = await support("scripted-user");
const client = new OidcClient({
  ...options,
  storage: "encrypted-file",
  // As long as a person may need to find the password.
  storageTimeoutSeconds: 120,
  openBrowser: (url) => void signInOverHttp(url),
  onAuthorizationUrl: () => {},
});
try {
  const token = await client.getAccessToken();
  process.stdout.write(createHash("sha256").update(token).digest("hex"));
  if (options.interaction !== "never") {
    const second = JSON.stringify({ ...options, interaction: "never" });
    process.stdout.write(` ${execFileSync(process.execPath, [fileURLToPath(import.meta.url), second])}`);
  }
} catch (error) {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await client.close();
}
