/** A sign-out at a provider that this project did not write, by its own logout page and back to a loopback address. */
import { expect, onTestFinished, test } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { startRealProvider } from "../support/real-provider.js";
import { ScriptedUser, type Walk } from "../support/scripted-user.js";
import { useScratchDirectories } from "../support/scratch.js";

const scratch = useScratchDirectories();

/** A person with a program: the walks through the provider's pages, in their order. */
async function startPerson(options: Partial<OidcClientOptions>, port: number) {
  const provider = await startRealProvider({
    clients: [
      {
        // A web client: its URIs are compared port and all.
        client_id: "exact",
        application_type: "web",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [`http://127.0.0.1:${port}/callback`],
        post_logout_redirect_uris: [`http://127.0.0.1:${port}/bye`],
      },
    ],
  });
  const user = new ScriptedUser("erin");
  const walks: Promise<Walk>[] = [];
  const client = new OidcClient({
    clientId: "native",
    issuer: provider.issuer,
    extraScopes: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory: scratch(),
    openBrowser: async (url) => {
      const isLogout = new URL(url).pathname.endsWith("/session/end");
      walks.push(isLogout ? user.signOut(url) : user.signIn(url));
      await walks.at(-1);
    },
    ...options,
  });
  onTestFinished(async () => {
    await client.close();
    await provider.close();
  });
  return { provider, client, walks };
}

/** Below those that the system gives to whoever asks for any: nobody else here gets it meanwhile. */
const freePort = (): number => 20_000 + Math.floor(Math.random() * 12_000);

test.each<[string, (port: number) => Partial<OidcClientOptions>]>([
  ["any port of a loopback address", () => ({ postLogoutRedirectUri: "http://127.0.0.1/bye" })],
  [
    "one port alone, which the login has, too",
    (port) => ({
      clientId: "exact",
      loopback: { ports: [port], path: "/callback" },
      postLogoutRedirectUri: `http://127.0.0.1:${port}/bye`,
    }),
  ],
])("LO-01 a provider that takes %s sends the person back, and its session has ended", async (_title, optionsOf) => {
  const port = freePort();
  const { client, walks, provider } = await startPerson(optionsOf(port), port);
  await client.getAccessToken();
  const result = await client.signOut({ providerSession: true, params: { ui_locales: "nb", logout_hint: "erin" } });
  expect(result).toEqual({ revocation: "done", providerSession: "ended", errors: [] });
  const end = await walks.at(-1);
  expect(end).toMatchObject({ status: 200, body: expect.stringContaining("You are signed out") });
  expect(new URL(end?.callbackUrl ?? "").pathname).toBe("/bye");
  expect(provider.requests).toContain("POST /session/end/confirm");
  // Nobody is signed in there any more: a login without a page is refused.
  const silent = client.signIn({ prompt: "none" });
  await expect(silent).rejects.toMatchObject({ error: "login_required" });
  expect(provider.serverErrors).toEqual([]);
});

test("LO-01 a URI that is not registered: the person stays at the provider, and nothing is said to have ended", async () => {
  const { client, walks } = await startPerson({ postLogoutRedirectUri: "http://127.0.0.1/elsewhere" }, 9);
  await client.getAccessToken();
  const stop = new AbortController();
  const ending = client.signOut({ providerSession: true, signal: stop.signal });
  await expect.poll(() => walks.length).toBe(2);
  expect(await walks[1]).toMatchObject({ status: 400, callbackUrl: undefined });
  stop.abort();
  expect((await ending).providerSession).toBe("failed");
});
