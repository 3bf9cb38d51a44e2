/** What one run of the tests makes once and keeps for all its files, since to make it takes long. */
import { join } from "node:path";

/** Where this is kept. Nothing is kept outside a run of the tests, as in a benchmark. */
export function keptByRun(name: string): string | undefined {
  const folder = process.env["TEST_KEPT"];
  return folder === undefined ? undefined : join(folder, name);
}
