/** The browsers of a worker, kept from one test file to the next: to start one takes longer than most tests. */
import type { BrowserDriver, Profile } from "./driver.js";
import type { FoundDriver } from "./find-drivers.js";

const kept = new Map<string, KeptBrowser>();

/** The browser of this name. It starts when a profile is first asked for. */
export function keptBrowser(name: string, launch: FoundDriver["launch"]): KeptBrowser {
  let browser = kept.get(name);
  if (browser === undefined) {
    browser = new KeptBrowser(launch);
    kept.set(name, browser);
    globalThis.atEndOfWorker.push(() => (browser as KeptBrowser).close());
  }
  return browser;
}

export class KeptBrowser {
  #driver: BrowserDriver | undefined;
  #profile: Profile | undefined;

  constructor(private readonly launch: FoundDriver["launch"]) {}

  /** The profile that was used before, if it was left clean; else a new one, whose first page is `home`. */
  async profile(home: string): Promise<Profile> {
    this.#profile ??= await this.#newProfile(home);
    return this.#profile;
  }

  /** After a test that ended well: cleans the profile. Gives it up where something may be left. */
  async clean(...blanks: readonly string[]): Promise<void> {
    try {
      await this.#profile?.clean(...blanks);
    } catch {
      await this.giveUp();
    }
  }

  /** After a test that failed: the next one gets a new profile. */
  async giveUp(): Promise<void> {
    const profile = this.#profile;
    this.#profile = undefined;
    // A browser that is gone cannot close it.
    await profile?.close().catch(() => {});
  }

  async close(): Promise<void> {
    await this.#driver?.close();
  }

  async #newProfile(home: string): Promise<Profile> {
    if (this.launch === undefined) throw new Error("this browser is not there");
    this.#driver ??= await this.launch();
    try {
      return await this.#driver.newProfile(home);
    } catch {
      // An earlier test has crashed it.
      await this.#driver.close().catch(() => {});
      this.#driver = await this.launch();
      return await this.#driver.newProfile(home);
    }
  }
}
