/** A tool that prints the stored token. */
import { OidcClient } from "keystone-auth";

const { ISSUER: issuer, STORE: storageDirectory, STORAGE: storage } = process.env;
const client = new OidcClient({
  issuer,
  clientId: "native",
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  allowInsecureLoopback: true,
  interaction: "never",
  storage,
  storageDirectory,
});
client.getAccessToken().then(
  (token) => console.log(token),
  (error) => console.log(`${error.name}: ${error.message}`),
);
