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
  // First of all: browsers open a window only while the click is fresh.
  const token = client.getAccessToken();
  clearError();
  const button = element<HTMLButtonElement>("sign-in");
  button.disabled = true;
  button.textContent = "Waiting for the window …";
  try {
    await token;
    await look();
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
    button.textContent = "Sign in";
  }
}

async function signOut(): Promise<void> {
  const result = client.signOut();
  clearError();
  // Nobody is signed in here any more, whatever the provider's page says.
  const { errors } = await result;
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
client.on("session", ({ reason }) => {
  if (reason !== "refreshed") void look();
});
// From here on the window opens in the very click.
await client.ready;
element<HTMLButtonElement>("sign-in").disabled = false;
