/** How a login would go here, chosen by the same function as a login's, and what is to be said of its browser. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { failed, type Finding, ok, skipped, warning } from "../../client/diagnosis.js";
import { type ProgramEnvironment, readEnvironment } from "../browser-choice.js";
import { chooseLoginWay, type LoginWay, type WayOptions, wayAfterBrowser } from "../login-way.js";
import type { OidcFlow } from "../../options/options.js";
import { openersOf } from "../system-browser.js";

export interface Way {
  readonly by: "loopback" | "device" | "program" | "nobody";
  readonly browser: Finding;
  /** Whether it is the device flow only because no browser opens here: the same client signs in in browsers elsewhere. */
  readonly isForWantOfBrowser?: boolean;
}

type Options = Omit<WayOptions, "flow"> & { readonly flow: OidcFlow };

/** `hasDeviceFlow`: whether the provider has one, for all that its metadata say. */
export function readWay(config: Options, hasDeviceFlow: boolean, environment = readEnvironment()): Way {
  if (config.flow === "client_credentials")
    return { by: "program", browser: skipped("Not needed: the program signs in as itself.") };
  const chosen = chooseLoginWay(config, environment);
  const isNone = chosen.by === "device" && chosen.otherwise !== undefined && !hasDeviceFlow;
  const way = isNone ? (chosen.otherwise as LoginWay) : chosen;
  const { reason } = way;
  const why = isNone ? `${reason}, and the provider has no device flow` : reason;
  switch (way.by) {
    case "browser": {
      const missing = config.openBrowser ? undefined : openerFinding(config, environment);
      return { by: "loopback", browser: missing ?? ok(`A browser can be opened: ${why}.`) };
    }
    case "address": {
      const found = `No browser can be opened, so a sign-in shows its address, to be opened by hand: ${why}.`;
      return { by: "loopback", browser: ok(found) };
    }
    case "nobody": {
      const found = `No browser can be opened, and nobody can be asked here: ${why}, and there is no terminal.`;
      return { by: "nobody", browser: failed(found, "Sign in at a terminal, or name a browser in BROWSER.") };
    }
    case "device": {
      const given = `Not needed: ${why ?? `the flow is ${config.flow}`}.`;
      const found = `No browser can be opened, so the device flow is used: ${why}.`;
      const isForWantOfBrowser = way.otherwise !== undefined;
      return { by: "device", browser: skipped(isForWantOfBrowser ? found : given), isForWantOfBrowser };
    }
  }
}

/** What BROWSER names must be there; `undefined` where it is, and where the system chooses. */
function openerFinding(config: Options, environment: ProgramEnvironment): Finding | undefined {
  const { env, platform } = environment;
  const names = openersOf(env.BROWSER, platform).map(({ command }) => command);
  if (names.some((name) => name === undefined || isProgram(name, env.PATH))) return undefined;
  const found = `The variable BROWSER names ${names.join(" and ")}, and no such program can be run.`;
  const todo = "Correct BROWSER, or unset it.";
  const { by } = wayAfterBrowser(config, environment);
  if (by === "device")
    return warning(found, `${todo} Until then a sign-in goes by the provider's device flow, where it has one.`);
  if (by === "address") return warning(found, `${todo} Until then the address is shown, to be opened by hand.`);
  return failed(found, `${todo} Or use the flow device_code.`);
}

function isProgram(name: string, path = ""): boolean {
  const places = name.includes("/") ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
