/** The same in a route that runs in Node: no browser opens there, and the Node entry says so. */
import { EnvironmentError, OidcClient } from "keystone-auth/node";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

export async function GET() {
  const client = new OidcClient({
    issuer: "https://issuer.invalid",
    clientId: "service",
    storage: "memory",
    interaction: "never",
  });
  const fault = await client.getAccessToken().catch((error) => error);
  return new Response(`${fault.name} ${typeof EnvironmentError}`);
}
