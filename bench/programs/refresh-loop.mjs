/** Refreshes and writes until it is killed. `node refresh-loop.mjs OPTIONS`. */
import { OidcClient } from "keystone-auth/node";

const client = new OidcClient(JSON.parse(process.argv[2]));
await client.getAccessToken({ interaction: "never", forceRefresh: true });
process.stdout.write("running\n");
for (;;) {
  // A write without a refresh, then a refresh with its write.
  await client.destroyAccessToken();
  await client.getAccessToken({ interaction: "never" });
}
