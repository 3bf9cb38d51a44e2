/** A page that gets its token, as small as one can be. */
import { OidcClient } from "keystone-auth";

const { dataset } = document.documentElement;
const client = new OidcClient({
  issuer: dataset.issuer,
  clientId: "spa",
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  allowInsecureLoopback: true,
});
client.getAccessToken().then(
  (token) => (dataset.token = token),
  (error) => (dataset.fault = `${error.name}: ${error.message}`),
);
