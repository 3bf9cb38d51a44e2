/**
 * A program with a client, driven from outside: each line of stdin is a call, each line of stdout its answer. It ends when stdin does, and
 * by itself: what keeps it alive then is a fault. It is put beside the installed package.
 */
import { createInterface } from "node:readline";
import { OidcClient } from "keystone-auth";

const { isHeld, showsCode, ...options } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
let release;

/** Waits before a token request is sent, until it is told to go on: its lock is held meanwhile. */
async function hold(url, init) {
  if (init?.method === "POST" && String(url).endsWith("/token")) {
    const released = new Promise((resolve) => (release = resolve));
    say({ held: true });
    await released;
  }
  return await fetch(url, init);
}

const client = new OidcClient({
  ...options,
  ...(isHeld ? { fetch: hold } : {}),
  ...(showsCode ? { onDeviceCode: ({ verificationUriComplete }) => say({ device: verificationUriComplete }) } : {}),
});

const calls = {
  token: (given) => client.getAccessToken(given),
  claims: () => client.getIdTokenClaims(),
  signOut: async () => (await client.signOut()).revocation,
};

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { call, given } = JSON.parse(line);
  if (call === "release") release();
  else
    calls[call](given).then(
      (answer) => say({ answer }),
      ({ name, code, reason, message }) => say({ failure: { name, code, reason, message } }),
    );
}
await client.close();
