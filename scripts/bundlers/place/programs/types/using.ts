// For a TypeScript and a `lib` that know it.
import { OidcClient } from "keystone-auth";

export async function token(): Promise<string> {
  await using client = new OidcClient({ clientId: "spa", issuer: "https://id.example" });
  return await client.getAccessToken();
}
