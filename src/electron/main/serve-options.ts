/** The options of `serveTokens`, checked. */
import { createLog } from "../../options/log.js";
import { mustBeNamed } from "../../options/names.js";
import type { Logger } from "../../options/options.js";
import { callable, optional, refuse, typed } from "../../options/checks.js";
import { DEFAULT_CHANNEL, isChannelName } from "../messages.js";
import { type ElectronFrame, type ElectronIpcMain, NO_ORIGIN } from "./senders.js";

/** A call that could ask a person to sign in, or show the provider's logout page. */
export interface InteractionRequest {
  /** The frame that calls. It has passed the check of senders. */
  readonly frame: ElectronFrame;
  readonly method: "getTokenSet" | "getUserInfo" | "signIn" | "signOut";
  /** Whether the page had a user's action (transient activation) when it called: a claim of its renderer process. */
  readonly userActivation: boolean;
}

/**
 * Options of `serveTokens`. Exactly one of `allowedOrigins` and `isAllowed` must be given; both speak of frames that may
 * have access tokens. Frames of `file:` and of origin `"null"` are refused whatever they say.
 */
export interface ServeTokensOptions {
  /** `ipcMain` of `electron`. */
  ipcMain: ElectronIpcMain;
  /** Origins whose top frames are served, such as `"app://bundle"` or `"http://localhost:5173"`; compared exactly. */
  allowedOrigins?: readonly string[] | undefined;
  /**
   * Decides for each message by its frame, subframes included: look at `frame.parent`, `frame.origin` and `frame.url`.
   * Only `true` allows; a promise does not. It must be quick.
   */
  isAllowed?: ((frame: ElectronFrame) => boolean) | undefined;
  /**
   * Which calls may ask a person: open the system browser for a login, or the provider's logout page. `true`, `false`, or
   * a function that is asked before each call that might. Only `true` allows.
   * [those that a user's action has caused, by the claim of the renderer process]
   *
   * The claim is read by the preload script, where no script of the page can forge it while `contextIsolation` is on; a
   * renderer process that was taken over can. The main process has no means of its own to verify it. What can be gained
   * by forging is a sign-in page in the system browser, not a token. Give a function to ask for more, for example that
   * the window has the focus.
   */
  allowInteraction?: (boolean | ((request: InteractionRequest) => boolean | Promise<boolean>)) | undefined;
  /** The name by which several clients are known apart: 1 to 32 characters of `[a-z0-9-]`, the same as in the renderer. ["default"] */
  channel?: string | undefined;
  /** Gets a line for each sender and message that was refused. [silent] */
  logger?: Logger | undefined;
}

/** @internal */
export type ServeConfig = ReturnType<typeof readServeOptions>;

/** Throws ConfigurationError. @internal */
export function readServeOptions(options: ServeTokensOptions) {
  typed<object>("object")(options, "options");
  mustBeNamed(options, ["ipcMain", "allowedOrigins", "isAllowed", "allowInteraction", "channel", "logger"]);
  const { ipcMain, channel = DEFAULT_CHANNEL } = options;
  if (typeof ipcMain?.handle !== "function" || typeof ipcMain.removeHandler !== "function") {
    refuse("ipcMain", "must be the ipcMain of electron.");
  }
  if (!isChannelName(channel)) refuse("channel", "must be 1 to 32 characters of [a-z0-9-], the first no hyphen.");
  if ((options.allowedOrigins === undefined) === (options.isAllowed === undefined)) {
    refuse("allowedOrigins", "give either allowedOrigins or isAllowed: which frames may have access tokens?");
  }
  return {
    ipcMain,
    origins: optional(readOrigins)(options.allowedOrigins, "allowedOrigins"),
    isAllowed: callable<(frame: ElectronFrame) => unknown>(options.isAllowed, "isAllowed"),
    mayAsk: readAllowInteraction(options.allowInteraction),
    channel,
    log: createLog(options.logger),
  };
}

function readAllowInteraction(value: ServeTokensOptions["allowInteraction"]): (request: InteractionRequest) => unknown {
  if (value === undefined) return ({ userActivation }) => userActivation;
  if (typeof value === "boolean") return () => value;
  if (typeof value !== "function") refuse("allowInteraction", "must be true, false or a function.");
  return value;
}

function readOrigins(value: unknown, option: string): ReadonlySet<string> {
  if (!Array.isArray(value) || value.length === 0) refuse(option, "must be an array of one origin or more.");
  return new Set(value.map((origin) => readOrigin(origin, option)));
}

/** RFC 6454 §6.2. `URL` knows no origin of an app's own scheme, so that such a one is compared as it is written. */
function readOrigin(value: unknown, option: string): string {
  if (typeof value !== "string") refuse(option, "must hold strings.");
  if (value === "null" || /^file:/i.test(value)) refuse(option, `${value} is refused: ${NO_ORIGIN}`);
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/.test(value)) {
    refuse(option, 'holds what is no origin. Write it as "app://bundle" or "https://app.example", without a path.');
  }
  if (/^https?:/.test(value) && (!URL.canParse(value) || new URL(value).origin !== value)) {
    refuse(option, "holds an origin that no page can have: use lower case, and leave out the scheme's own port.");
  }
  return value;
}
