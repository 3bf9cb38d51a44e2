/** What a sign-in needs of this machine: a port, and a browser. */
import { createServer } from "node:http";
import type { NodeConfig } from "../../options/config.js";
import { isKeystoneAuthError } from "../../errors.js";
import { bindLoopback } from "../../node/loopback/server.js";
import { type BrowserChoice, chooseBrowser, readEnvironment } from "../../node/browser-choice.js";
import { EXIT } from "../exit-codes.js";
import type { Env } from "../settings.js";
import { failed, type Finding, none, ok } from "./check.js";

/** How this machine and these settings sign in. */
export interface Way {
  readonly loopback: boolean;
  /** Whether a sign-in has no other way than the device flow. */
  readonly device: boolean;
  readonly choice: BrowserChoice;
  readonly browser: Finding;
}

export function readWay(flow: NodeConfig["flow"], env: Env): Way {
  const choice = chooseBrowser(readEnvironment(env as NodeJS.ProcessEnv));
  const forced = flow === "auth_code" && env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true";
  const why = choice.reason;
  if (flow === "client_credentials") {
    return { loopback: false, device: false, choice, browser: none("not needed: the program signs in as itself") };
  }
  if (flow === "device_code" || forced) {
    const by = forced ? "CEGAL_KEYSTONE_AUTH_DEVICE_FLOW is true" : "the flow is device_code";
    return { loopback: false, device: true, choice, browser: none(`not needed: ${by}`) };
  }
  if (choice.browser) return { loopback: true, device: false, choice, browser: ok(`one can be opened: ${why}`) };
  if (flow === "auth_code")
    return { loopback: false, device: true, choice, browser: none(`none, so the device flow is used: ${why}`) };
  const browser = process.stdin.isTTY
    ? ok(`none, so the address is shown, and the answer can be pasted: ${why}`)
    : failed(
        EXIT.other,
        `none, and the flow auth_code_no_fallback has no other way: ${why}`,
        "Use the flow device_code, or name a browser in the variable BROWSER.",
      );
  return { loopback: true, device: false, choice, browser };
}

export async function redirectFinding({ loopback }: NodeConfig, isUsed: boolean): Promise<Finding> {
  if (!isUsed) return none("not needed: no browser comes back here");
  try {
    const { servers } = await bindLoopback(() => createServer(), loopback);
    for (const server of servers) server.close();
    const host = loopback.host === "::1" ? "[::1]" : loopback.host;
    const port = loopback.ports.includes(0) ? "a free port" : `port ${loopback.ports.join(" or ")}`;
    return ok(`${port} of http://${host}${loopback.path} can be had`);
  } catch (error) {
    const message = isKeystoneAuthError(error) ? error.message : "no port can be had";
    return failed(EXIT.other, message);
  }
}
