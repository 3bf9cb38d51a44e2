/** What the log tells: one line a step, without a secret. The world of the tests looks for secrets in every line. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";
import { ensureBuilt } from "../packaging/built-package.js";

const never = { interaction: "never" } as const;

test("DX-05 a first login: 10 to 20 lines, in the order of the steps", async () => {
  const { client, lines, provider } = await startWorld();
  await client().getAccessToken();
  expect(lines.length).toBeGreaterThanOrEqual(10);
  expect(lines.length).toBeLessThanOrEqual(20);
  const steps = [
    "read the store: nobody is signed in",
    "a person is needed",
    "a login begins",
    "the loopback server listens",
    "GET ",
    `POST ${provider.origin}`,
    "the login has brought tokens",
    "the session is stored",
    "session event: signed_in",
  ];
  const found = steps.map((step) => lines.findIndex((line) => line.includes(step)));
  expect(found).not.toContain(-1);
  expect(found.toSorted((a, b) => a - b)).toEqual(found);
});

test("DX-05 a stored token: 2 to 4 lines; a refresh tells lock, request, store and event", async () => {
  const world = await startWorld();
  await world.signIn();
  world.lines.length = 0;
  const client = world.client(never);
  await client.getAccessToken();
  expect(world.lines.length).toBeGreaterThanOrEqual(2);
  expect(world.lines.length).toBeLessThanOrEqual(4);
  expect(world.lines[0]).toMatch(/read the store: a token with \d+ s left, a refresh token/);
  expect(world.lines[1]).toContain("gives the stored token");
  for (let call = 0; call < 100; call += 1) await client.getAccessToken();
  expect(world.lines.length).toBeLessThanOrEqual(4);
  world.lines.length = 0;
  await client.getAccessToken({ forceRefresh: true });
  for (const step of ["has the lock", "status 200", "the session is stored", "session event: refreshed"])
    expect(world.lines.join("\n")).toContain(step);
});

test("DX-05 a sign-out, a refused write and a request that fails", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client(never);
  world.provider.once("token", (exchange) => exchange.reset());
  await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(world.lines.join("\n")).toMatch(/POST \S+\/token: \S+/);
  await client.signOut({ local: true });
  expect(world.lines.join("\n")).toContain("the stored session is deleted");
});

const run = promisify(execFile);
const PROBLEM =
  "keystone-auth: CEGAL_KEYSTONE_AUTH_LOG is no level that is known, and not used: it is one of debug, info, warn, error.\n";
const program = (logger = "") => `
  import { OidcClient } from ${JSON.stringify(fileURLToPath(new URL("../../dist/node.js", import.meta.url)))};
  const options = { clientId: "c", issuer: "https://id.invalid", storage: "memory", interaction: "never"${logger} };
  const [client] = [new OidcClient(options), new OidcClient(options)];
  await client.getAccessToken().catch(() => {});
`;

test.each([
  ["debug", /^\d{4}-\S+Z debug keystone-auth: read the store: nobody is signed in\n/],
  ["warn", /^$/],
  ["DEBUG", /^\d{4}-\S+Z debug keystone-auth: read the store: nobody is signed in\n/],
  ["nonsense", new RegExp(`^${PROBLEM}$`)],
  ["", /^$/],
])("DX-05 CM-06 CEGAL_KEYSTONE_AUTH_LOG=%s", async (level, expected) => {
  await ensureBuilt();
  const env = { ...process.env, CEGAL_KEYSTONE_AUTH_LOG: level };
  const { stderr, stdout } = await run(process.execPath, ["--input-type=module", "-e", program()], { env });
  expect(stderr).toMatch(expected);
  expect(stdout).toBe("");
});

test("DX-05 CM-06 a program with a logger of its own is told nothing of the variable, which does not count there", async () => {
  await ensureBuilt();
  const env = { ...process.env, CEGAL_KEYSTONE_AUTH_LOG: "nonsense" };
  const { stderr } = await run(process.execPath, ["--input-type=module", "-e", program(", logger: {}")], { env });
  expect(stderr).toBe("");
});
