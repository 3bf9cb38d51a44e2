/**
 * How a person signs in from a Node program: loaded when that is needed.
 *
 * | flow | environment | what happens |
 * | --- | --- | --- |
 * | device_code, or forced by CEGAL_KEYSTONE_AUTH_DEVICE_FLOW | any | device code |
 * | auth_code | a browser, or `openBrowser` given | loopback; where it cannot be opened, a device code beside it; without a device flow as below |
 * | auth_code | no browser | device code; where the provider has none, loopback with the address shown at a terminal, else EnvironmentError |
 * | auth_code_no_fallback | a browser, or `openBrowser` given | loopback; where the browser cannot be opened, it waits at a terminal, else EnvironmentError; a rejecting `openBrowser` is EnvironmentError |
 * | auth_code_no_fallback | no browser, but a terminal | loopback with the address shown; the answer may be pasted |
 * | auth_code_no_fallback | neither | EnvironmentError |
 */
import type { NodeConfig } from "../options/config.js";
import { EnvironmentError } from "../errors.js";
import { oneLine } from "../options/log.js";
import { authorizationCodeLogin } from "../client/code-flow.js";
import type { LoginAttempt } from "../client/platform.js";
import type { SessionRecord } from "../token-set.js";
import { endpointOf } from "../protocol/metadata.js";
import { LoopbackAgent } from "./loopback/agent.js";
import { productPage } from "./pages/page-handlers.js";
import { chooseBrowser, readEnvironment } from "./browser-choice.js";
import { openSystemBrowser } from "./system-browser.js";
import { loginInTurn } from "./login-turn.js";
import {
  showAuthorizationUrl,
  showDeviceCode,
  showWaiting,
  stderrTerminal,
  type Terminal,
  waitForPasted,
} from "./terminal.js";

const LEAD_BESIDE_BROWSER = "Your browser opens for the sign-in. If it does not, open this address:";
const LEAD_WITHOUT_BROWSER =
  "Open this address to sign in. If the browser is on another machine, paste the address that it ends at here:";

/** What a login has around it, beside the program's options. */
export interface Surroundings {
  /** Fires when the client is closed, which may be long after the login. */
  readonly closing: AbortSignal;
  /** What the person has to know of the store, where the program does not hear of it. Gives it once. */
  takeNote(): string | undefined;
  /** Tells the person who is waited for. [a line on stderr, where the library writes there] */
  readonly say?: ((text: string) => void) | undefined;
}

/** Signs a person in, or takes the session that another program has begun meanwhile. */
export async function nodeLogin(
  config: NodeConfig,
  attempt: LoginAttempt,
  surroundings: Surroundings,
): Promise<SessionRecord> {
  const { log, loginTimeoutMs, flow, onDeviceCode } = config;
  const isQuiet = flow === "device_code" && onDeviceCode !== undefined;
  const write = (text: string) => stderrTerminal().write(`${text}\n`);
  const { say = isQuiet ? () => {} : write } = surroundings;
  return await loginInTurn(attempt, {
    loginTimeoutMs,
    say: (text) => {
      log.info(text);
      say(text);
    },
    onAdopted: () => log.info("another process has signed in meanwhile; its session is used"),
    signIn: (own, lead) => signIn(config, own, { ...surroundings, lead }),
  });
}

/** One login. */
interface Moment extends Surroundings {
  /** What to show above the address or the code, once. */
  lead?: string | undefined;
}

async function signIn(config: NodeConfig, attempt: LoginAttempt, moment: Moment): Promise<SessionRecord> {
  const { flow, log } = config;
  const forced = process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true" && flow === "auth_code";
  if (flow === "device_code" || forced) {
    if (forced) log.info("device flow: CEGAL_KEYSTONE_AUTH_DEVICE_FLOW is true");
    return await deviceLogin(config, attempt, moment);
  }
  const byBrowser = (open: boolean) => browserLogin(config, attempt, moment, open);
  if (config.openBrowser !== undefined) return await byBrowser(true);
  const { browser, reason } = chooseBrowser(readEnvironment());
  log.info(`${browser ? "system browser" : "no browser"}: ${reason}`);
  if (browser) return await byBrowser(true);
  if (flow === "auth_code" && (await hasDeviceFlow(attempt))) return await deviceLogin(config, attempt, moment);
  const isStrict = flow === "auth_code_no_fallback";
  if (isStrict ? !process.stdin.isTTY : !isTerminal()) {
    const why = isStrict ? reason : `${reason}; the provider has no device flow, and there is no terminal`;
    const other = isStrict ? "Use the flow device_code, or set" : "Set";
    throw new EnvironmentError(
      `No browser can be opened here: ${why}. ${other} BROWSER, or give the option openBrowser.`,
    );
  }
  return await byBrowser(false);
}

/** Whether a person may read the address there and open it by hand. Elsewhere nobody knows of it, and waiting is of no use. */
const isTerminal = (): boolean => process.stdin.isTTY === true || process.stderr.isTTY === true;

async function hasDeviceFlow({ server }: LoginAttempt): Promise<boolean> {
  return endpointOf(await server.metadata(), "device_authorization_endpoint", server.config) !== undefined;
}

/** Above the address or the code. */
function showMoment(moment: Moment, terminal: Terminal): void {
  const note = moment.takeNote();
  if (moment.lead !== undefined) terminal.write(`\n${moment.lead}\n`);
  moment.lead = undefined;
  if (note !== undefined) terminal.write(`\nThe next start may ask you again. ${oneLine(note, 1000)}\n`);
}

async function deviceLogin(config: NodeConfig, attempt: LoginAttempt, moment: Moment): Promise<SessionRecord> {
  const terminal = stderrTerminal();
  let erase = () => {};
  // Most logins need none of it.
  const { deviceCodeLogin } = await import("../client/device-flow.js");
  try {
    return await deviceCodeLogin(
      config.onDeviceCode ??
        (async (prompt) => {
          showMoment(moment, terminal);
          await showDeviceCode(prompt, terminal);
          if (!attempt.signal.aborted)
            erase = showWaiting("Waiting for the sign-in", prompt.expiresInSeconds, terminal);
        }),
      attempt,
    );
  } finally {
    erase();
  }
}

/** The loopback login, with a device code beside it where the browser turns out not to open. */
async function browserLogin(
  config: NodeConfig,
  attempt: LoginAttempt,
  moment: Moment,
  open: boolean,
): Promise<SessionRecord> {
  const { signal } = attempt;
  const { loopback, log, loginTimeoutMs, clientId, pageHandler = productPage({ product: clientId }) } = config;
  const terminal = stderrTerminal();
  const { stdin } = process;
  const other = new AbortController();
  const both = { ...attempt, signal: AbortSignal.any([signal, other.signal]) };
  let erase = () => {};
  let noBrowser = () => {};
  const failed = new Promise<void>((resolve) => {
    noBrowser = resolve;
  });
  const show = async (url: string) => {
    showMoment(moment, terminal);
    showAuthorizationUrl(url, terminal, open ? LEAD_BESIDE_BROWSER : LEAD_WITHOUT_BROWSER);
    log.info(`waiting for the sign-in at ${new URL(url).origin}${new URL(url).pathname}`);
    erase = showWaiting("Waiting for the sign-in", loginTimeoutMs / 1000, terminal);
    if (open) await (config.openBrowser ?? openSystemBrowser)(url);
  };
  const agent = new LoopbackAgent({
    loopback,
    pages: pageHandler,
    log,
    closing: moment.closing,
    show: (url) => show(url).catch(noBrowser),
    ...(stdin.isTTY && { pasted: (state, ended) => waitForPasted(state, ended, stdin, terminal) }),
  });
  const login = authorizationCodeLogin(agent, both);
  const instead = failed.then(() => fallBack(config, both, moment, login));
  instead.catch(() => {});
  try {
    return await Promise.race([login, instead]);
  } finally {
    other.abort(signal.aborted ? signal.reason : undefined);
    erase();
    // The port must be free again when this call has ended.
    await agent.close();
    login.catch(() => {});
  }
}

/** What to do without a browser: the program's own opener means what it says, the system's may only have failed to tell. */
async function fallBack(
  config: NodeConfig,
  attempt: LoginAttempt,
  moment: Moment,
  loopback: Promise<SessionRecord>,
): Promise<SessionRecord> {
  const { flow, log, openBrowser } = config;
  if (flow === "auth_code_no_fallback" && openBrowser !== undefined) {
    throw new EnvironmentError(
      "The option openBrowser could not open a browser, and the flow auth_code_no_fallback has no other way.",
    );
  }
  if (flow === "auth_code" && (await hasDeviceFlow(attempt))) {
    log.warn(
      "no browser could be opened; the sign-in goes by a device code, or waits for its address to be opened by hand",
    );
    return await deviceLogin(config, attempt, moment);
  }
  if (!isTerminal()) {
    throw new EnvironmentError(
      "No browser could be opened, and there is no terminal to show the address at. Name a browser in the variable BROWSER, give the option openBrowser, or use the flow device_code.",
    );
  }
  log.warn("no browser could be opened; the sign-in waits for its address to be opened by hand");
  return await loopback;
}
