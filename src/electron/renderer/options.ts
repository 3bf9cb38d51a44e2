/** The options of a window's client, checked. */
import { oneOf, optional, readAll, refuse, seconds, typed } from "../../options/checks.js";
import type { Interaction } from "../../options/options.js";
import { INTERACTIONS } from "../../options/read.js";
import { DEFAULT_CHANNEL, isChannelName } from "../messages.js";

/** All else is set where the client is made: in the main process. Defaults stand in brackets. */
export interface RendererClientOptions {
  /** The `channel` of `serveTokens`, where there are several clients. ["default"] */
  channel?: string | undefined;
  /** What `getAccessToken()` may do when a person is needed; the main process has the last word. [what the main process's client says] */
  interaction?: Interaction | undefined;
  /** A token with less left, in seconds, is renewed. 0 is allowed, at most 2,147,483. [30] */
  minValiditySeconds?: number | undefined;
}

const OPTIONS = ["channel", "interaction", "minValiditySeconds"];

/** Throws ConfigurationError. */
export function readOptions(options: RendererClientOptions) {
  typed<object>("object")(options, "options");
  const { channel = DEFAULT_CHANNEL } = options;
  const foreign = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (foreign !== undefined) refuse(foreign, "is no option of a renderer's client: give it to the main process's.");
  if (!isChannelName(channel)) refuse("channel", "must be 1 to 32 characters of [a-z0-9-], the first no hyphen.");
  const checks = { interaction: optional(oneOf(INTERACTIONS)), minValidityMs: seconds(30, "0 or more") };
  return { channel, ...readAll(checks, options) };
}
