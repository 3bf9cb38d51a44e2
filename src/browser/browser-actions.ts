/** What a page does beyond a stored token: one part, loaded when a call needs it. Windows are a further one. */
import type { BrowserConfig } from "../options/config.js";
import { loadPart } from "../load-part.js";
import type { PlatformActions } from "../client/platform.js";
import { type BrowserRoom, createBrowserRoom } from "./browser-room.js";
import type { CallbackAddress } from "./callback-address.js";
import { redirectLogin, resumeRedirect } from "./redirect-login.js";
import { lookAtState } from "./state-in-address.js";

export interface BrowserActions extends PlatformActions {
  readonly room: BrowserRoom;
  /** See `lookAtState`. */
  look(url: URL): Promise<void>;
}

/** `visited` is what has to be waited for before anything can be finished here: a look at a state in the address. */
export function createBrowserActions(
  config: BrowserConfig,
  address: CallbackAddress,
  visited: () => Promise<void> | undefined,
): BrowserActions {
  const room = createBrowserRoom(config, address);
  const windows = () => loadPart(() => import("./window-login.js"));
  return {
    room,
    networkHint:
      "In a browser this may also be CORS: the provider must allow this page's origin at its metadata, key set and token endpoint.",
    postLogoutRedirectUri: config.postLogoutRedirectUri,
    look: (url) => lookAtState(room, url),
    resume: async (tools) => {
      await visited();
      await resumeRedirect(room, tools);
    },
    silentLogin: async (tools) => await (await windows()).silentLogin(room, tools),
    login: async (tools, early) => {
      const inPopup = config.loginMode === "popup" && typeof document !== "undefined";
      if (inPopup) await (await windows()).popupLogin(room, tools, early);
      else await redirectLogin(room, tools);
    },
    endProviderSession: async (request, signal, early) => {
      const { endSessionInPage } = await loadPart(() => import("./logout.js"));
      return await endSessionInPage(room, request, signal, early);
    },
    warm: (server) => room.warm(server),
    keepWarm: (server) => room.keepWarm(server),
  };
}
