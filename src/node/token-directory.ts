/** Where the files of sessions are. */
import { isAbsolute, join } from "node:path";

/** The option, CEGAL_KEYSTONE_AUTH_DIR, the home directory, an XDG directory; `undefined` where there is none. Never throws. */
export function tokenDirectory(option: string | undefined, env: NodeJS.ProcessEnv, homedir: () => string): string | undefined {
  const given = option ?? env.CEGAL_KEYSTONE_AUTH_DIR;
  if (given !== undefined && given !== "") return given;
  let home = "";
  try {
    home = homedir();
  } catch {
    // A user without a home and without an entry in the user database.
  }
  if (isAbsolute(home) && home !== "/") return join(home, ".cegal-keystone", "tokens");
  const xdg = env.XDG_STATE_HOME || env.XDG_DATA_HOME;
  return xdg ? join(xdg, "cegal-keystone", "tokens") : undefined;
}
