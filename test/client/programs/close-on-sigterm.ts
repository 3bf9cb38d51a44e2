/** Refreshes, and closes its client on SIGTERM. Arguments: issuer, directory. */
import { OidcClient } from "../../../src/node/index.js";

const [issuer = "", storageDirectory = ""] = process.argv.slice(2);
const client = new OidcClient({
  clientId: "prizm",
  issuer,
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  allowInsecureLoopback: true,
  storageDirectory,
  interaction: "never",
});
process.once("SIGTERM", () => {
  void client.close().then(() => process.exit(0));
});
client.getAccessToken({ forceRefresh: true }).catch(() => {});
