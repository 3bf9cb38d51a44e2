/** Prints "ready", and on a line of its input what `getAccessToken()` gives, as JSON. Argument: the client's options as JSON. */
import { createInterface } from "node:readline";
import { OidcClient, type OidcClientOptions } from "../../../../src/node/index.js";

const client = new OidcClient(JSON.parse(process.argv[2] ?? "") as OidcClientOptions);
console.log("ready");
const lines = createInterface({ input: process.stdin });
for await (const _line of lines) {
  const answer = await client.getAccessToken().then(
    (token) => ({ token }),
    (error: { code?: string; reason?: string; message: string }) => ({
      failed: error.reason ?? error.code ?? error.message,
    }),
  );
  console.log(JSON.stringify(answer));
  break;
}
lines.close();
await client.close();
