/**
 * `exec --token-file`: the access token in a file that is kept fresh while a command runs. The file is this user's alone
 * (0600, in a folder of its own, 0700) and goes with its folder when the command ends.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, EnvironmentError, isKeystoneAuthError } from "../errors.js";
import { replacePrivateFile } from "../node/files/private-file.js";
import { oneLine } from "../options/log.js";
import type { TokenSet } from "../token-set.js";

/** A token is renewed so long before its end, or after half of its life where that is shorter. */
const LEAD_MS = 120_000;
/** How long one timer may run: a machine that slept for hours notices it so soon after it wakes. */
const LOOK_MS = 30_000;
const LEAST_MS = 1_000;
/** The pause between tries for a token that has expired. */
const EXPIRED_MS = 10_000;

export interface TokenFileOptions {
  /** Another token than this one, without a person. */
  readonly renew: (token: string) => Promise<TokenSet>;
  /** Tells a person that the token could not be renewed. */
  readonly say: (text: string) => void;
}

/** When a token is to be renewed. Wall time in milliseconds. */
export function dueAt(expiresAt: number, now: number): number {
  const left = expiresAt - now;
  return expiresAt - Math.min(LEAD_MS, left / 2);
}

export class TokenFile {
  readonly path: string;
  readonly #folder: string;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #token = "";
  #told = "";

  /** Makes the folder. @throws EnvironmentError (`environment`) where it cannot be made */
  constructor(private readonly options: TokenFileOptions) {
    this.#folder = makeFolder();
    this.path = join(this.#folder, "access-token");
    // Also where a second signal ends this process at once.
    process.on("exit", this.#remove);
  }

  /** Writes the token, and keeps the file fresh from then on. @throws EnvironmentError (`environment`) */
  async begin(set: TokenSet): Promise<void> {
    try {
      await this.#write(set);
    } catch (error) {
      throw new EnvironmentError(`The token file could not be written (${codeOf(error) ?? "unknown fault"}).`);
    }
    this.#renewAt(dueAt(set.expiresAt.getTime(), Date.now()), set);
  }

  /** Removes the file with its folder. */
  end(): void {
    clearTimeout(this.#timer);
    this.#remove();
    process.off("exit", this.#remove);
  }

  readonly #remove = (): void => {
    this.#isOver = true;
    try {
      rmSync(this.#folder, { recursive: true, force: true });
    } catch {
      // On Windows a reader may have it open; the next start of the machine empties the folder.
    }
  };

  async #write({ accessToken }: TokenSet): Promise<void> {
    // The folder goes with the command: a renewal that ends later must not bring it back.
    if (this.#isOver || accessToken === this.#token) return;
    try {
      await replacePrivateFile(this.path, accessToken);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      // Whoever tidies up has removed the folder. One that somebody else has made in its place is refused (EEXIST).
      mkdirSync(this.#folder, { mode: 0o700 });
      await replacePrivateFile(this.path, accessToken);
    }
    this.#token = accessToken;
  }

  #renewAt(due: number, set: TokenSet): void {
    if (this.#isOver) return;
    const wait = Math.max(LEAST_MS, Math.min(LOOK_MS, due - Date.now()));
    this.#timer = setTimeout(() => {
      if (Date.now() < due) this.#renewAt(due, set);
      else void this.#renew(set);
    }, wait);
  }

  /** Where that fails the old token stays, and it is tried again. */
  async #renew(before: TokenSet): Promise<void> {
    try {
      // One that has time left would be given although it could not be renewed.
      const set = await this.options.renew(before.accessToken);
      await this.#write(set);
      this.#told = "";
      this.#renewAt(dueAt(set.expiresAt.getTime(), Date.now()), set);
    } catch (error) {
      this.#tell(error);
      const left = before.expiresAt.getTime() - Date.now();
      const pause = left > 0 ? Math.max(LEAST_MS, left / 4) : EXPIRED_MS;
      this.#renewAt(Date.now() + Math.min(LOOK_MS, pause), before);
    }
  }

  /** The same once. */
  #tell(error: unknown): void {
    const why = isKeystoneAuthError(error)
      ? error.message
      : `It could not be written (${codeOf(error) ?? "unknown fault"}).`;
    if (this.#isOver || why === this.#told) return;
    this.#told = why;
    this.options.say(
      oneLine(`The token file could not be renewed, and keeps the old token; it is tried again. ${why}`, 2000),
    );
  }
}

/** In the folder that the system empties when the user leaves, where there is one. */
function makeFolder(): string {
  let fault: unknown;
  for (const place of [process.env.XDG_RUNTIME_DIR, tmpdir()]) {
    if (!place) continue;
    try {
      const folder = mkdtempSync(join(place, "keystone-auth-"));
      // It is made 0700; a umask may have taken bits from the owner.
      chmodSync(folder, 0o700);
      return folder;
    } catch (error) {
      fault = error;
    }
  }
  throw new EnvironmentError(`No folder for the token file could be made (${codeOf(fault) ?? "unknown fault"}).`);
}
