/** The popup as it opens in the person's click: before anything is loaded or known, since a later one would be blocked. */
import type { EarlyPopup } from "../client/platform.js";

const SIZE = { width: 480, height: 640 };

export interface OpenedPopup extends EarlyPopup {
  /** The popup; `null` where the browser blocked it. */
  readonly window: Window | null;
  /** Whoever opens a window of this name gets this one. */
  readonly name: string;
  readonly features: Record<string, number>;
  /** A login uses it from now on and closes it itself. */
  take(): void;
}

export function openPopup(): OpenedPopup {
  const features = {
    ...SIZE,
    left: Math.max(0, Math.round(screenX + (outerWidth - SIZE.width) / 2)),
    top: Math.max(0, Math.round(screenY + (outerHeight - SIZE.height) / 2)),
  };
  // Only to be told from other windows; Web Crypto may be missing here.
  const name = `keystone-auth-${Date.now()}-${Math.random()}`;
  const list = Object.entries(features).map(([feature, value]) => `${feature}=${value}`);
  const popup = window.open("", name, ["popup", ...list].join(","));
  let taken = false;
  return {
    get isTaken() {
      return taken;
    },
    window: popup,
    name,
    features,
    take: () => {
      taken = true;
    },
    discard: () => {
      if (!taken) popup?.close();
    },
  };
}
