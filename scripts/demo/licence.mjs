/** A licence as a claim: an account that lacks it, and what changes when it is granted. */
import { runCommand } from "./command.mjs";
import { details, must, step } from "./show.mjs";

const CALLS = 100;
const requiredClaims = { prizm_edition: "pro" };
const required = ["--require", "prizm_edition=pro"];

/** Each call is told the same; the provider is asked once, and nobody has to sign in. */
async function refusals(client) {
  const told = new Set();
  for (let call = 0; call < CALLS; call += 1) {
    const error = await client.getAccessToken().catch((reason) => reason);
    must(error?.code === "token_validation" && error.claim === "prizm_edition", "A call did not name the claim.");
    told.add(error.message);
  }
  return [...told];
}

export async function licence({ options, provider, licences }) {
  const { OidcClient } = await import("keystone-auth/node");
  let logins = 0;
  const openBrowser = () => void (logins += 1);
  const client = new OidcClient({ ...options, requiredClaims, openBrowser });
  try {
    const message = await step("Asked for a licence that the account lacks", async () => {
      const posts = provider.refreshPosts;
      const [told] = await refusals(client);
      must(provider.refreshPosts === posts + 1, `There were ${provider.refreshPosts - posts} renewals.`);
      must(logins === 0 && client.session.status === "signed_in", "The session was not kept as it is.");
      return { value: told, found: `${CALLS} calls, 1 renewal, no login; the session is kept` };
    });
    details({ error: message });
    await step("The same on the command line: keystone-auth token --require prizm_edition=pro", async () => {
      const { code, stdout } = await runCommand("token", options, required);
      must(code === 7 && stdout === "", `The exit code is ${code}, not 7.`);
      return { found: "exit code 7, and no token" };
    });
    licences.prizm_edition = ["team", "pro"];
    await step("Granted the licence", async () => {
      await client.getAccessToken({ forceRefresh: true });
      const { code, stderr } = await runCommand("token", options, required);
      must(code === 0, `The exit code is ${code}: ${stderr}`);
      return { found: "the next renewal has it, and no sign-in was needed" };
    });
  } finally {
    await client.close();
  }
}
