/** A whole client with the system's keychain. The argument is JSON, its options. Signs in by following redirects; prints the token. */
import { OidcClient, type OidcClientOptions } from "../../../src/node/index.js";

const options = JSON.parse(process.argv[2] ?? "") as OidcClientOptions;
const client = new OidcClient({
  ...options,
  openBrowser: async (url) => {
    await fetch(url);
  },
});
console.log(await client.getAccessToken());
await client.close();
