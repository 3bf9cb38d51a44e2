/** Signs in on another device, as a program without a browser does: `node main.mjs`. */
import { OidcClient, OidcFlow } from "keystone-auth";

const { ISSUER = OidcClient.KEYSTONE_URL, CLIENT_ID = "prizm" } = process.env;

const client = new OidcClient({
  clientId: CLIENT_ID,
  issuer: ISSUER,
  extraScopes: ["offline_access"],
  flow: OidcFlow.device_code,
  // For a provider on this machine, as in the tests; it changes nothing for any other.
  allowInsecureLoopback: true,
  // Leave this out for the prompt that the package brings, with a QR code on a terminal.
  onDeviceCode: ({ verificationUri, userCode, expiresInSeconds }) => {
    console.error(`Open ${verificationUri} on any device and enter ${userCode}.`);
    console.error(`The code is valid for ${Math.round(expiresInSeconds / 60)} minutes.`);
  },
});

// Ctrl+C ends the wait at once; nothing is left behind.
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

try {
  const { expiresAt, idTokenClaims } = await client.getTokenSet({ signal: stop.signal });
  console.log(`Signed in as ${idTokenClaims.sub}. The token is valid until ${expiresAt.toISOString()}.`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await client.close();
}
