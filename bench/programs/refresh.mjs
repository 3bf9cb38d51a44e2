/**
 * Refreshes beside bare requests, in turn: `node refresh.mjs OPTIONS FLOOR`. FLOOR is another session's token endpoint,
 * client and refresh token. Prints the milliseconds of each as JSON.
 */
import { OidcClient } from "keystone-auth/node";

const ROUNDS = 60;
const WARM_UP_ROUNDS = 10;

const client = new OidcClient(JSON.parse(process.argv[2]));
const floor = JSON.parse(process.argv[3]);

const ours = () => client.getAccessToken({ interaction: "never", forceRefresh: true });

async function bare() {
  const { clientId, refreshToken } = floor;
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: clientId });
  const answer = await (await fetch(floor.tokenEndpoint, { method: "POST", body })).json();
  floor.refreshToken = answer.refresh_token;
}

const times = { ours: [], bare: [] };
for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
  // Each goes first every other round.
  for (const [name, work] of Object.entries(round % 2 === 0 ? { ours, bare } : { bare, ours })) {
    const began = performance.now();
    await work();
    if (round >= WARM_UP_ROUNDS) times[name].push(performance.now() - began);
  }
}
await client.close();
process.stdout.write(JSON.stringify(times));
