/**
 * The popup and the hidden frame of oidc-client-ts, and nothing else of it: loaded when a window is needed. Its own flow,
 * storage and token exchange stay unused; the engine is ours.
 */
import { InMemoryWebStorage, type IWindow, UserManager, WebStorageStateStore } from "oidc-client-ts";

/** Longer than any login may take here: the time limit is the caller's. */
const NO_LIMIT_SECONDS = 2_000_000;

class Windows extends UserManager {
  constructor() {
    // Its default stores would touch web storage, which throws where storage is blocked.
    const store = new WebStorageStateStore({ store: new InMemoryWebStorage() });
    super({
      authority: location.origin,
      client_id: "",
      redirect_uri: location.origin,
      automaticSilentRenew: false,
      stateStore: store,
      userStore: store,
    });
  }

  popup(name: string, features: Record<string, number>, stop: AbortSignal): Promise<IWindow> {
    return this._popupNavigator.prepare({
      popupWindowTarget: name,
      popupWindowFeatures: features,
      popupSignal: stop,
      popupAbortOnClose: false,
    });
  }

  frame(): Promise<IWindow> {
    return this._iframeNavigator.prepare({ silentRequestTimeoutInSeconds: NO_LIMIT_SECONDS });
  }
}

export type { IWindow } from "oidc-client-ts";

/** A popup, or the one that has this name already. `stop` ends its listeners. */
export function preparePopup(name: string, features: Record<string, number>, stop: AbortSignal): Promise<IWindow> {
  return new Windows().popup(name, features, stop);
}

export interface HiddenFrame {
  readonly frame: IWindow;
  /** The page in it. */
  readonly page: Window;
  /** Takes it away at once. */
  close(): void;
}

export async function prepareFrame(): Promise<HiddenFrame> {
  const preparing = new Windows().frame();
  // It was appended in that call.
  const element = document.body.lastElementChild as HTMLIFrameElement;
  const frame = await preparing;
  const close = () => {
    frame.close();
    // It waits for a blank page to load there; where a policy has blocked the frame, none does in Firefox.
    element.dispatchEvent(new Event("load"));
  };
  return { frame, page: element.contentWindow as Window, close };
}
