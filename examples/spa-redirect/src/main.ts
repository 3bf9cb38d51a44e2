import "./style.css";
import { fetchGreeting } from "./api.js";
import { client } from "./auth.js";
import { isLoginRequired } from "./explain.js";
import { clearError, element, focusHeading, show, showError, showGreeting, showSession } from "./page.js";

/** Shows who is signed in and what the API has for them. Asks nobody for anything. */
async function look(): Promise<void> {
  clearError();
  try {
    showSession(await client.getTokenSet({ interaction: "never" }));
    show("signed-in");
    showGreeting((await fetchGreeting()).greeting);
  } catch (error) {
    if (isLoginRequired(error)) return show("signed-out");
    // There may well be a session: nobody is told to be signed out only because the network is down.
    if (document.body.dataset.state === "loading") show("failed");
    showError(error);
  }
}

async function signIn(): Promise<void> {
  clearError();
  show("loading");
  try {
    // Leaves the page. Where somebody has signed in in another tab meanwhile, it does not.
    await client.getAccessToken();
    await look();
  } catch (error) {
    show("signed-out");
    showError(error);
  }
}

async function signOut(): Promise<void> {
  clearError();
  // Leaves for the provider's page. If that fails, nobody is signed in here all the same.
  const { errors } = await client.signOut();
  await look();
  if (errors[0]) showError(errors[0]);
}

const onClick = (id: string, work: () => Promise<void>) =>
  element(id).addEventListener("click", () => void work().then(focusHeading));

onClick("sign-in", signIn);
onClick("sign-out", signOut);
onClick("call", look);
onClick("error-help", () => {
  const signsIn = element("error-help").textContent === "Sign in" || document.body.dataset.state === "signed-out";
  return signsIn ? signIn() : look();
});

await look();
// From now on: somebody signed in or out in another tab, or the provider ended the session.
client.on("session", ({ reason }) => {
  if (reason !== "refreshed") void look();
});
