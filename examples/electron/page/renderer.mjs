/** The window: it has no secret and no login of its own. In an app with a bundler: `from "keystone-auth/electron/renderer"`. */
import { isKeystoneAuthError, OidcClient } from "/keystone-auth/electron-renderer.js";

const client = new OidcClient();
const element = (id) => document.getElementById(id);

function showWho() {
  const { status, subject } = client.session;
  const words = { unknown: "One moment.", signed_in: `Signed in as ${subject}.` };
  element("who").textContent = words[status] ?? "Nobody is signed in.";
}

function showError(error) {
  const hint = isKeystoneAuthError(error) && error.retryable ? " (try again)" : "";
  element("result").textContent = `${error.message}${hint}`;
}

/** Runs what a button does, and shows how it ended. */
function onClick(id, work) {
  const run = async () => {
    element("result").textContent = "…";
    try {
      element("result").textContent = await work();
    } catch (error) {
      showError(error);
    }
  };
  element(id).addEventListener("click", () => void run());
}

onClick("sign-in", async () => {
  await client.signIn();
  return "Signed in. The browser's page can be closed.";
});
onClick("call", async () => {
  // Each call of an API takes the token anew: `fetch(url, { headers: { authorization: `Bearer ${token}` } })`.
  const token = await client.getAccessToken();
  const { expiresAt } = await client.getTokenSet();
  return `A token of ${token.length} characters, valid until ${expiresAt.toLocaleTimeString()}.`;
});
onClick("sign-out", async () => {
  const { revocation } = await client.signOut();
  return `Signed out (revocation: ${revocation}).`;
});

// Another window, the main process or a command-line tool may sign in or out as well.
client.on("session", showWho);
showWho();
// What keeps the main process from its stored session is told to who asks.
client.getIdTokenClaims().catch(showError);
