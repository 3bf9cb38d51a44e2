/** A state in the address that is neither an app's own nor a redirect login's: a popup's or frame's, or that of a sign-out. */
import type { BrowserRoom } from "./browser-room.js";
import { answerWaitingWindow, broadcastAnswer } from "./callback-window.js";
import { replaceAddress } from "./page-address.js";

/** Resolves when the page is an ordinary one; stays pending in a window that was only there to bring an answer. */
export async function lookAtState({ config, pending, waitedFor }: BrowserRoom, url: URL): Promise<void> {
  if (answerWaitingWindow(url)) return await new Promise<never>(() => {});
  if (window.opener !== null || window.parent !== window) return;
  const state = url.searchParams.get("state") ?? "";
  if (config.loginMode === "popup" && (await waitedFor.find([state]))?.kind === "window") {
    broadcastAnswer(url);
    await new Promise<never>(() => {});
  }
  if (url.searchParams.has("code") || url.searchParams.has("error")) return;
  if ((await pending.find([state]))?.kind !== "logout") return;
  await pending.drop(state);
  // Only our own parameter goes, and only while it still stands there.
  const now = new URL(location.href);
  if (now.searchParams.get("state") !== state) return;
  now.searchParams.delete("state");
  replaceAddress(now.pathname + now.search + now.hash);
}
