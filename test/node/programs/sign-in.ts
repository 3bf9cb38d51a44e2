/**
 * One call of `getAccessToken()`. Argument: options of the client as JSON; with `onDeviceCode` it shows codes itself and has a
 * logger. Prints `open URL` for each address that its browser is given, `code` for each code, `log LINE`, and at the end
 * `signed in` or `failed CODE`, each with the seconds since its start.
 */
import { OidcClient, type OidcClientOptions } from "../../../src/node/index.js";

const began = performance.now();
const say = (line: string) => console.log(`${line} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
const { onDeviceCode, ...options } = JSON.parse(process.argv[2] ?? "") as OidcClientOptions;
const client = new OidcClient({
  openBrowser: (url) => say(`open ${url}`),
  ...(onDeviceCode && { onDeviceCode: () => say("code "), logger: { info: (line: string) => say(`log ${line}`) } }),
  ...options,
});
try {
  await client.getAccessToken();
  say("signed in");
} catch (error) {
  say(`failed ${(error as { code?: string }).code}`);
}
await client.close();
