/** The main job, step by step, with the built package and a real provider. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "./command.mjs";
import { startProcess } from "./processes.mjs";
import { details, duration, must, note, quietly, shorten, step } from "./show.mjs";

const MEMORY_CALLS = 10_000;
const PROCESSES = 20;

const fingerprintOf = (token) => createHash("sha256").update(token).digest("hex");
const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString("utf8"));

/** Waits until the token has expired, by the claim that says so. */
async function untilExpired(token) {
  await sleep(Math.max(0, claimsOf(token).exp * 1000 - Date.now()) + 50);
}

export async function signIn({ client, byPerson }) {
  if (byPerson) note("Your browser opens. Any name and password will do.");
  const how = byPerson ? "in your browser" : "a scripted user went through login and consent over HTTP";
  const login = () => client.getAccessToken();
  const token = await step("Signed in", async () => ({
    value: await (byPerson ? login() : quietly(login)),
    found: how,
  }));
  const { sub, aud, scope, iss, exp, iat } = claimsOf(token);
  details({ token: shorten(token), iss, sub, aud, scope, lifetime: `${exp - iat} s` });
  return token;
}

export async function fromMemory({ client }, token) {
  await step("Taken again from memory", async () => {
    const began = performance.now();
    for (let call = 0; call < MEMORY_CALLS; call += 1) {
      must((await client.getAccessToken()) === token, "The token from memory is another one.");
    }
    const each = (performance.now() - began) / MEMORY_CALLS;
    return { found: `${duration(each)} a call, over ${MEMORY_CALLS.toLocaleString("en")} calls` };
  });
}

export async function fromSecondProcess({ options, provider }, token) {
  await step("Taken in a second process", async () => {
    const grants = provider.grants.length;
    const { fingerprint, ms } = await (await startProcess(options)).take();
    must(fingerprint === fingerprintOf(token), "The second process has another token.");
    must(provider.grants.length === grants, "The second process went to the provider.");
    return { found: `the same token from the file in ${duration(ms)}, no request` };
  });
}

export async function afterExpiry({ client, provider }, token) {
  note("Waiting until the token has expired …");
  await untilExpired(token);
  return await step("Renewed after expiry", async () => {
    const refreshes = provider.refreshCount;
    const renewed = await client.getAccessToken({ interaction: "never" });
    must(renewed !== token, "The expired token was given again.");
    must(provider.refreshCount === refreshes + 1, `There were ${provider.refreshCount - refreshes} refreshes.`);
    return { value: renewed, found: `one refresh, ${shorten(renewed)}` };
  });
}

export async function fromManyProcesses({ options, provider }, token) {
  note(`Waiting until the token has expired again, with ${PROCESSES} processes at the start line …`);
  const processes = await Promise.all(Array.from({ length: PROCESSES }, () => startProcess(options)));
  await untilExpired(token);
  await step(`Taken by ${PROCESSES} processes at once`, async () => {
    const refreshes = provider.refreshPosts;
    const answers = await Promise.all(processes.map((one) => one.take()));
    const posts = provider.refreshPosts - refreshes;
    must(posts === 1, `There were ${posts} refreshes.`);
    const tokens = new Set(answers.map(({ fingerprint }) => fingerprint));
    must(tokens.size === 1, `They have ${tokens.size} different tokens.`);
    must(!tokens.has(fingerprintOf(token)), "They have the expired token.");
    return { found: "one refresh, the same new token for all" };
  });
  await Promise.all(processes.map(({ ended }) => ended));
}

export async function byDevice({ deviceClient, byPerson }) {
  note(
    byPerson
      ? "A device code follows: open its address in a browser on this machine."
      : "The provider wants 5 s between two polls …",
  );
  await step("Signed in by the device flow", async () => {
    const token = await deviceClient.getAccessToken();
    return { found: `${byPerson ? "by you" : "a scripted user approved the code"}, ${shorten(token)}` };
  });
}

export async function byCommand({ client, options, byPerson }) {
  await step("Taken on the command line: keystone-auth token", async () => {
    const token = await client.getAccessToken();
    const { code, stdout, stderr } = await runCommand("token", options);
    must(code === 0, `The exit code is ${code}: ${stderr}`);
    must(stdout === `${token}\n`, "The command has another token.");
    return { found: "the same token on stdout" };
  });
  await step("Named on the command line: keystone-auth whoami", async () => {
    const { code, stdout, stderr } = await runCommand("whoami", options);
    must(code === 0, `The exit code is ${code}: ${stderr}`);
    return { found: stdout.split("\n")[0] };
  });
  await step("Examined: keystone-auth doctor", async () => {
    // A scripted user needs no browser; doctor misses one where there is none.
    const environment = byPerson ? {} : { BROWSER: process.execPath };
    const { code, stdout } = await runCommand("doctor", options, [], environment);
    must(code === 0, stdout);
    const passed = stdout.split("\n").filter((line) => line.startsWith("✓"));
    return { found: `${passed.length} checks passed, none failed` };
  });
}

export async function signOut({ client, options, provider }) {
  await step("Signed out", async () => {
    const { revocation, errors } = await client.signOut();
    must(revocation === "done", `The revocation is "${revocation}": ${errors.map(({ message }) => message).join(" ")}`);
    must(provider.lastGrantRevoked !== undefined, "The provider still has the grant.");
    const after = await client.getAccessToken({ interaction: "never" }).catch((error) => error);
    must(after?.code === "login_required", "There is still a token.");
    const { code } = await runCommand("token", options);
    must(code === 3, `keystone-auth token ends with exit code ${code}, not 3.`);
    return { found: "no tokens here, and the provider has revoked the session" };
  });
}
