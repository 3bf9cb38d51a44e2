/**
 * One browser of a process for all its test files: to start one takes longer than most tests. A file gets a driver of its own,
 * whose end closes the profiles that it has opened; the browser itself ends with the process.
 */
import type { BrowserDriver, Profile } from "./driver.js";

export type Launch = () => Promise<BrowserDriver>;

/** Launches the browser once for all who ask; a launch that fails is tried again by the next one. */
export function keeping(launch: Launch): Launch {
  let browser: Promise<BrowserDriver> | undefined;
  return async () => {
    browser ??= launch().catch((error: unknown) => {
      browser = undefined;
      throw error;
    });
    const { name, newProfile } = await browser;
    const open = new Set<Profile>();
    return {
      name,
      newProfile: async () => {
        const profile = await newProfile();
        open.add(profile);
        return profile;
      },
      close: async () => {
        await Promise.all([...open].map((profile) => profile.close().catch(() => {})));
      },
    };
  };
}
