/** Signs in what the tools then find, by a person without a browser; PERSON names the module that has one. */
import { OidcClient } from "keystone-auth/node";

const { ISSUER: issuer, STORE: storageDirectory, PERSON } = process.env;
const { ScriptedUser } = await import(PERSON);
for (const storage of ["file", "encrypted-file"]) {
  const client = new OidcClient({
    issuer,
    clientId: "native",
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storage,
    storageDirectory: `${storageDirectory}/${storage}`,
    openBrowser: (url) => void new ScriptedUser("alice").signIn(url),
    onAuthorizationUrl: () => {},
  });
  await client.getAccessToken();
  await client.close();
}
