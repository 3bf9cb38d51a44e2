/** Where the sessions are kept. */
import { isAbsolute, join, parse, resolve } from "node:path";

/**
 * The directory of the token files: the option, else `CEGAL_KEYSTONE_AUTH_DIR`, else `~/.cegal-keystone/tokens`. Without a
 * usable home it is `cegal-keystone/tokens` in `XDG_STATE_HOME` or `XDG_DATA_HOME`. A path that begins with `~/` is in the
 * home, where a shell did not replace that. `undefined` where there is none of these: sessions are then kept in memory.
 * Never throws.
 */
export function tokenDirectory(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  homedir: () => string,
): string | undefined {
  const chosen = option || env["CEGAL_KEYSTONE_AUTH_DIR"];
  const home = homeOf(homedir);
  if (chosen) return absolute(chosen, home);
  if (home !== undefined) return join(home, ".cegal-keystone", "tokens");
  // The XDG specification says to ignore a relative path.
  const state = [env["XDG_STATE_HOME"], env["XDG_DATA_HOME"]].find((path) => path !== undefined && isAbsolute(path));
  return state && join(state, "cegal-keystone", "tokens");
}

/**
 * Services and containers often run with HOME="/", or as a user that is in no user database; then homedir() throws. An empty
 * or relative HOME would put tokens into the working directory.
 */
function homeOf(homedir: () => string): string | undefined {
  try {
    const home = homedir();
    return !isAbsolute(home) || parse(home).root === resolve(home) ? undefined : resolve(home);
  } catch {
    return undefined;
  }
}

/** A relative path means the working directory of now, also after a chdir. */
function absolute(path: string, home: string | undefined): string | undefined {
  if (/^~(?:$|[/\\])/.test(path)) return home && join(home, path.slice(1));
  try {
    return resolve(path);
  } catch {
    // The working directory has been removed.
    return undefined;
  }
}
