/** Names the folder in which one run of the tests keeps its RSA keys, and takes it away at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function keepKeys(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "keystone-auth-keys-"));
  process.env["TEST_RSA_KEYS"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
