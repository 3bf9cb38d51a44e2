/** What a small tool does: prints the stored token. `node print-token.mjs OPTIONS`. */
import { OidcClient } from "keystone-auth/node";

const client = new OidcClient(JSON.parse(process.argv[2]));
process.stdout.write(await client.getAccessToken());
