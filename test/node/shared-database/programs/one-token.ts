/**
 * Prints "ready", and for a line of its input, which is the options of the call, what `getAccessToken()` gives, as JSON. Argument: the
 * client's options as JSON.
 */
import { createInterface } from "node:readline";
import { type GetTokenOptions, OidcClient, type OidcClientOptions } from "../../../../src/node/index.js";

const client = new OidcClient(JSON.parse(process.argv[2] ?? "") as OidcClientOptions);
console.log("ready");
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const answer = await client.getAccessToken(JSON.parse(line) as GetTokenOptions).then(
    (token) => ({ token }),
    (error: Error) => ({
      failed: error.message,
    }),
  );
  console.log(JSON.stringify(answer));
  break;
}
lines.close();
await client.close();
