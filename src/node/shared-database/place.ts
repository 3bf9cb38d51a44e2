/** Where the shared database is, and whether it can be reached by default. */
import { dirname, join } from "node:path";
import { StorageError } from "../../errors.js";
import { absolute, homeOf, IN_MEMORY, ofAnotherAsRoot, outOfReach, setIn } from "../token-directory.js";

const OTHER_FILE = "choose another file with sharedDatabase or CEGAL_KEYSTONE_AUTH_DB.";

/**
 * The file: the option, else `CEGAL_KEYSTONE_AUTH_DB`, else `~/.cegal-keystone/auth.db`; or why sessions are kept in memory. A
 * path that begins with `~/` is in the home, where a shell did not replace that. Creates nothing; never throws.
 */
export function databasePlace(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  homedir: () => string,
): string | StorageError {
  const chosen = option || setIn(env, "CEGAL_KEYSTONE_AUTH_DB");
  const home = homeOf(homedir);
  const path = chosen ? absolute(chosen, home) : home && join(home, ".cegal-keystone", "auth.db");
  if (path === undefined) {
    return new StorageError(
      "unavailable",
      `There is no home directory to find the shared database in. ${IN_MEMORY} Give the option sharedDatabase or set CEGAL_KEYSTONE_AUTH_DB.`,
    );
  }
  const [directory, user] = [dirname(path), process.geteuid?.()];
  return (
    (user === 0 && home !== undefined ? ofAnotherAsRoot(directory, home, OTHER_FILE) : undefined) ??
    (chosen ? undefined : outOfReach(directory, user, OTHER_FILE)) ??
    path
  );
}
