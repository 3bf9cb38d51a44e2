/** The browsers of this machine. One that is missing is named all the same, so that its tests are skipped by name. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { keeping, type Launch } from "./kept-browser.js";
import { launchChromium, launchChromiumAsPeopleHaveIt, launchFirefox } from "./playwright-driver.js";
import { launchWebKit } from "./webdriver-driver.js";

export interface FoundDriver {
  readonly name: string;
  readonly launch: Launch | undefined;
}

function program(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Whether tests of the library's own steps run in each browser, too: `npm run test:browsers`. */
export const isWideRun = (): boolean => process.env.E2E_BROWSERS !== undefined;

const chromium = program("chromium", "chromium-browser", "google-chrome");
const firefox = program("firefox-esr", "firefox");
const [webkit, xvfbRun] = [program("WebKitWebDriver"), program("xvfb-run")];

/** The browsers of this process, which stay until it ends. */
const ALL: readonly FoundDriver[] = [
  { name: "Chromium", launch: chromium === undefined ? undefined : keeping(() => launchChromium(chromium)) },
  { name: "Firefox", launch: firefox === undefined ? undefined : keeping(() => launchFirefox(firefox)) },
  { name: "WebKitGTK", launch: webkit && xvfbRun ? keeping(() => launchWebKit(webkit, xvfbRun)) : undefined },
];

/** `E2E_BROWSERS=chromium,firefox` runs only those, `E2E_BROWSERS=all` all tests in all. */
export function findDrivers(): readonly FoundDriver[] {
  const chosen = process.env.E2E_BROWSERS?.toLowerCase().split(",");
  return chosen === undefined || chosen.includes("all")
    ? ALL
    : ALL.filter(({ name }) => chosen.includes(name.toLowerCase()));
}

/** Chromium with all that Playwright switches off in the others. */
export function findChromiumAsPeopleHaveIt(): FoundDriver {
  const launch = chromium === undefined ? undefined : async () => launchChromiumAsPeopleHaveIt(chromium);
  return { name: "Chromium as people have it", launch };
}

/** The browser of the tests that need one and no other. */
export function findDriver(): FoundDriver | undefined {
  const found = findDrivers();
  return found.find(({ launch }) => launch !== undefined) ?? found[0];
}
