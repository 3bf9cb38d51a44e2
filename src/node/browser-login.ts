/**
 * A loopback login (RFC 8252 §7.3). Where the browser turns out not to open, a device code is offered beside it; the loopback
 * login goes on as long as its address can be opened by hand.
 */
import { authorizationCodeLogin } from "../client/code-flow.js";
import type { LoginAttempt } from "../client/platform.js";
import { codeOf, EnvironmentError, type ProviderError } from "../errors.js";
import type { NodeConfig } from "../options/config.js";
import { oneLine } from "../options/log.js";
import type { SessionRecord } from "../token-set.js";
import { readEnvironment } from "./browser-choice.js";
import { deviceIfAny, deviceLogin, hasDeviceFlow } from "./device-login.js";
import type { LoginPrompt } from "./login-prompt.js";
import { type LoginWay, nobodyHere, wayAfterBrowser } from "./login-way.js";
import { LoopbackAgent } from "./loopback/agent.js";
import { productPage } from "./pages/page-handlers.js";
import { waitForPasted } from "./pasted-response.js";
import { openSystemBrowser } from "./system-browser.js";
import { isInputFree } from "./terminal-input.js";
import { isForeground } from "./terminal-mode.js";

export async function browserLogin(
  config: NodeConfig,
  attempt: LoginAttempt,
  prompt: LoginPrompt,
  way: Extract<LoginWay, { by: "browser" | "address" }>,
): Promise<SessionRecord> {
  return await new BrowserLogin(config, attempt, prompt, way).run();
}

class BrowserLogin {
  readonly #opens: boolean;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #redirectUri = "";
  #noBrowser = () => {};
  readonly #hasNoBrowser = new Promise<void>((resolve) => {
    this.#noBrowser = resolve;
  });
  #unseen = () => {};
  readonly #isUnseen = new Promise<void>((resolve) => {
    this.#unseen = resolve;
  });
  #paste = () => {};
  readonly #mayPaste = new Promise<void>((resolve) => {
    this.#paste = resolve;
  });
  #reads = () => {};
  /** What is offered works by then. */
  readonly #isReading = new Promise<void>((resolve) => {
    this.#reads = resolve;
  });

  constructor(
    private readonly config: NodeConfig,
    private readonly attempt: LoginAttempt,
    private readonly prompt: LoginPrompt,
    private readonly way: Extract<LoginWay, { by: "browser" | "address" }>,
  ) {
    this.#opens = way.by === "browser";
    this.#signal = AbortSignal.any([attempt.signal, this.#over.signal]);
  }

  async run(): Promise<SessionRecord> {
    const { attempt, config, prompt } = this;
    const { loopback, log, clientId, pageHandler = productPage({ product: clientId }) } = config;
    const agent = new LoopbackAgent({
      loopback,
      pages: pageHandler,
      log,
      closing: prompt.closing,
      show: (url, redirectUri) => this.#show(url, redirectUri),
      pasted: (state, ended) => this.#pasted(state, ended),
      onStray: (error) => prompt.sayStray(error),
    });
    const login = authorizationCodeLogin(agent, { ...attempt, signal: this.#signal });
    const instead = this.#hasNoBrowser.then(() => this.#withoutBrowser(login));
    const unseen = this.#isUnseen.then(() => Promise.reject(notShown()));
    for (const each of [instead, unseen]) each.catch(() => {});
    try {
      return await Promise.race([login, instead, unseen]);
    } finally {
      this.#over.abort(attempt.signal.aborted ? attempt.signal.reason : undefined);
      prompt.end();
      // The port must be free again when this call has ended.
      await agent.close();
      login.catch(() => {});
    }
  }

  async #show(url: string, redirectUri: string): Promise<void> {
    const { config, prompt, way } = this;
    this.#redirectUri = redirectUri;
    const pastes = await this.#canPaste(way.by === "address" || way.mayPaste);
    const shown = prompt.showAddress(url, { reason: this.#opens ? undefined : way.reason, pastes });
    shown.catch(() => {
      // Its message may hold the URL, and so the state.
      config.log.warn("the option onAuthorizationUrl could not show the address of the sign-in");
      if (!this.#opens) this.#unseen();
      else void this.#hasNoBrowser.then(() => this.#unseen());
    });
    config.log.info(`waiting for the sign-in at ${new URL(url).origin}${new URL(url).pathname}`);
    prompt.waitFor(config.loginTimeoutMs / 1000, redirectUri, pastes);
    if (this.#opens) await this.#open(url).catch(this.#noBrowser);
  }

  async #open(url: string): Promise<void> {
    await (this.config.openBrowser ?? openSystemBrowser)(url);
  }

  /** Begins to read where that can be. A program that draws its own terminal reads it itself, too. */
  async #canPaste(isTheWay: boolean): Promise<boolean> {
    if (!isTheWay || this.config.onAuthorizationUrl !== undefined || !isInputFree()) return false;
    this.#paste();
    await this.#isReading;
    // A job in the background reads once it is in the foreground, and says so then.
    return isForeground();
  }

  async #pasted(state: string, ended: AbortSignal): Promise<URLSearchParams> {
    await this.#mayPaste;
    const { terminal } = this.prompt;
    const awaited = { state, issuer: this.config.issuer };
    const pasted = waitForPasted(awaited, ended, process.stdin, terminal, () => this.prompt.sayPaste());
    this.#reads();
    return await pasted;
  }

  /** What to do without a browser: the program's own opener means what it says, the system's may only have failed to tell. */
  async #withoutBrowser(loopback: Promise<SessionRecord>): Promise<SessionRecord> {
    const { config, prompt } = this;
    const attempt = { ...this.attempt, signal: this.#signal };
    if (config.flow === "auth_code_no_fallback" && config.openBrowser !== undefined)
      throw new EnvironmentError(
        "The option openBrowser could not open a browser, and the flow auth_code_no_fallback has no other way.",
      );
    let way = wayAfterBrowser(config, readEnvironment(), await hasDeviceFlow(attempt));
    let refused: string | undefined;
    if (way.by === "device") {
      const device = await deviceIfAny(attempt);
      if (!("refused" in device)) {
        config.log.warn(
          "no browser could be opened; the sign-in goes by a device code, or waits for its address to be opened by hand",
        );
        return await this.#unlessItFails(deviceLogin(device, attempt, prompt, way.reason), loopback);
      }
      ({ refused } = device);
      way = way.otherwise ?? way;
    }
    if (way.by !== "address") throw nobodyHere(config, way.reason ?? "", refused);
    const pastes = await this.#canPaste(true);
    prompt.sayByHand(pastes);
    prompt.waitFor(config.loginTimeoutMs / 1000, this.#redirectUri, pastes);
    return await loopback;
  }

  /** A code that does not work leaves the address, which may be open in a browser by now. */
  async #unlessItFails(device: Promise<SessionRecord>, loopback: Promise<SessionRecord>): Promise<SessionRecord> {
    try {
      return await device;
    } catch (error) {
      const isPersons = (error as Partial<ProviderError>).error === "access_denied";
      const isOver = this.#signal.aborted || codeOf(error) === "login_required";
      if (isOver || isPersons) throw error;
      const code = codeOf(error) ?? "unknown";
      this.config.log.warn(`the device code did not work (${oneLine(code, 60)}); the sign-in waits for its address`);
      return await loopback;
    }
  }
}

function notShown(): EnvironmentError {
  return new EnvironmentError(
    "The option onAuthorizationUrl could not show the address of the sign-in, and no browser opens here.",
  );
}
