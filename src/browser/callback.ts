/**
 * `keystone-auth/browser/callback`: all that a bare redirect page needs for popups and hidden frames. Import it in a page
 * of your origin that does nothing else, and name that page as `redirectUri`.
 *
 * The page is for windows only: with `loginMode: "redirect"` the redirect URI must be a page with a client.
 */
import { answerWaitingWindow, broadcastAnswer } from "./callback-window.js";

// Nothing happens where there is no page: a server that renders may import this too.
if (typeof location !== "undefined") {
  const url = new URL(location.href);
  // The code must not stay in the address of a page that may be left open.
  history.replaceState(history.state, "", location.pathname);
  if (!answerWaitingWindow(url)) void broadcastAnswer(url);
  window.close();
}
