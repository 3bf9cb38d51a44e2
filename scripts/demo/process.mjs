/** A program of its own with the same client: `node process.mjs OPTIONS`. Waits for a line, then takes the token. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { OidcClient } from "keystone-auth/node";

const client = new OidcClient(JSON.parse(process.argv[2]));

process.stdout.write("ready\n");
await once(process.stdin, "data");
const began = performance.now();
const token = await client.getAccessToken({ interaction: "never" });
// Which token it is, without the token.
const fingerprint = createHash("sha256").update(token).digest("hex");
process.stdout.write(`${JSON.stringify({ fingerprint, ms: performance.now() - began })}\n`);
process.stdin.destroy();
