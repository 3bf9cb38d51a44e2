/** A product's module as the README shows one, which makes its client itself; and what others do with the names of the package. */
const { isKeystoneAuthError, LoginRequiredError, OidcClient, OidcFlow } = require("keystone-auth");

const client = new OidcClient({
  clientId: "prizm",
  issuer: OidcClient.KEYSTONE_URL,
  flow: OidcFlow.auth_code,
  extraScopes: ["offline_access", "hub_connector_api"],
});

class OwnClient extends OidcClient {
  async bearer() {
    return `Bearer ${await this.getAccessToken()}`;
  }
}

async function tokenOrNobody() {
  try {
    return await client.getAccessToken({ interaction: "never" });
  } catch (error) {
    if (isKeystoneAuthError(error) && error instanceof LoginRequiredError) return "nobody";
    throw error;
  }
}

module.exports = { client, OwnClient, tokenOrNobody };
