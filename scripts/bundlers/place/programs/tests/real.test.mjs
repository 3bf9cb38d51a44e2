/** The real client, in Jest with its setting for ES modules, and in Vitest. */
import { LoginRequiredError, OidcClient } from "keystone-auth/node";

test("the real client is loaded, and nobody is signed in", async () => {
  const client = new OidcClient({
    clientId: "native",
    issuer: "https://id.example",
    storage: "memory",
    interaction: "never",
    fetch: async () => new Response("{}", { status: 503 }),
  });
  const call = client.getAccessToken();
  await expect(call).rejects.toBeInstanceOf(LoginRequiredError);
  await client.close();
});
