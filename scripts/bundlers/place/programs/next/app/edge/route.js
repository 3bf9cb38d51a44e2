/** An edge route is no Node: the fault has to say what to do. */
import { OidcClient } from "keystone-auth";

export const runtime = "edge";

export async function GET() {
  try {
    const client = new OidcClient({ issuer: "https://issuer.invalid", clientId: "service" });
    await client.getAccessToken();
    return new Response("no fault");
  } catch (error) {
    return new Response(`${error.name}: ${error.message}`);
  }
}
