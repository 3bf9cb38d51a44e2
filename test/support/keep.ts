/** Makes the folder of what a run of the tests keeps for its files (`kept.ts`), and takes it away at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function keep(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "keystone-auth-kept-"));
  process.env["TEST_KEPT"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
