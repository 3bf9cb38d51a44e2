/** The examples, run as a person runs them: whole programs with the built package, a provider, and somebody who signs in. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ensureBuilt, root } from "./packaging/built-package.js";
import { type FakeProvider, startFakeProvider, visit } from "./support/fake-provider.js";
import { secretsIn } from "./support/secrets-in.js";
import { selfSignedCertificate } from "./support/test-certificates.js";

let provider: FakeProvider;
let directory: string;
const running = new Set<ChildProcess>();

beforeAll(ensureBuilt, 60_000);

beforeEach(async () => {
  provider = await startFakeProvider({ refreshTokens: "always", deviceIntervalSeconds: 1 });
  directory = await mkdtemp(join(tmpdir(), "keystone-auth-examples-"));
});

afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  await provider.close();
  await rm(directory, { recursive: true, force: true });
});

interface Example {
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** What the first match of the pattern on stderr captures. Rejects when the program ends without one. */
  shown(pattern: RegExp): Promise<string>;
}

function run(path: string, ...args: string[]): Example {
  return runWith({}, path, ...args);
}

function runWith(environment: NodeJS.ProcessEnv, path: string, ...args: string[]): Example {
  // An opener that does nothing: the address that is shown anyway is opened by the test.
  const env = {
    ...process.env,
    ...environment,
    ISSUER: provider.issuer,
    BROWSER: "true",
    CEGAL_KEYSTONE_AUTH_DIR: directory,
  };
  const child = spawn(process.execPath, [join(root, "examples", path), ...args], { env, stdio: "pipe" });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (printed.stdout += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (printed.stderr += part));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...printed }));
  const shown = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(printed.stderr)?.[1];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`The example ended and had shown: ${printed.stderr}`);
      await Promise.race([once(child.stderr, "data"), once(child, "close")]);
    }
  };
  return { ended, shown };
}

const AUTHORIZATION_URL = /^(http\S+response_type=code\S+)$/m;

async function signIn(example: Example): Promise<{ readonly page: string; readonly origin: string }> {
  const url = new URL(await example.shown(AUTHORIZATION_URL));
  const { body } = await provider.authorize(url);
  return { page: body, origin: new URL(url.searchParams.get("redirect_uri") ?? "").origin };
}

test("node-cli greets after one sign-in, needs none the next time, and signs out", async () => {
  const first = run("node-cli/main.mjs");
  await signIn(first);
  expect(await first.ended).toMatchObject({ code: 0, stdout: "Hello, alice.\n" });

  const second = await run("node-cli/main.mjs").ended;
  expect(second).toEqual({ code: 0, stdout: "Hello, alice.\n", stderr: "" });
  expect(provider.ledger.count("authorize")).toBe(1);

  expect(await run("node-cli/main.mjs", "sign-out").ended).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(provider.sessionAlive()).toBe(false);
});

test("node-cli gets another token when the API refuses the one it has", async () => {
  // The client trusts `expires_in`; the API believes the token's own claim.
  provider.settings.editAccessToken = (claims, grant) =>
    grant === "refresh_token" ? claims : { ...claims, exp: Math.floor(Date.now() / 1000) - 60 };
  const example = run("node-cli/main.mjs");
  await signIn(example);
  expect(await example.ended).toMatchObject({ code: 0, stdout: "Hello, alice.\n" });
  expect(provider.ledger.count("token", "refresh_token")).toBe(1);
});

test("node-cli says in one line what went wrong, without a secret, and ends with 1", async () => {
  provider.once("token", (exchange) => exchange.html(503, "down"));
  const example = run("node-cli/main.mjs");
  await signIn(example);
  const { code, stdout, stderr } = await example.ended;
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("(try again)");
  expect(secretsIn(stderr.replace(/^http.*$/gm, ""), provider.secrets())).toEqual([]);
});

test("device shows address and code, and ends when somebody has approved it", async () => {
  const example = run("device/main.mjs");
  const code = await example.shown(/enter (\S+)\./);
  provider.approveDevice(code);
  const { stdout, ...rest } = await example.ended;
  expect(stdout).toMatch(/^Signed in as alice\. The token is valid until 20\d\d-/);
  expect(rest.code).toBe(0);
});

test("custom-page goes from its first page to the second, which shows what the token gave", async () => {
  const example = run("custom-page/main.mjs");
  const { page, origin } = await signIn(example);
  expect(page).toContain("One moment, your account is being fetched.");
  expect(page).toContain('content="0;url=/welcome"');
  const welcome = await visit(`${origin}/welcome`);
  expect(welcome.body).toContain("Hello, alice. You can close this window.");
  expect(await example.ended).toMatchObject({ code: 0, stdout: "Signed in.\n" });
});

const GREETINGS = "Hello, alice.\nHello again, alice.\nCounted 1 2 3.\n";

async function tlsFiles(): Promise<NodeJS.ProcessEnv> {
  const files = { TLS_CERT: join(directory, "cert.pem"), TLS_KEY: join(directory, "key.pem") };
  await writeFile(files.TLS_CERT, selfSignedCertificate.cert);
  await writeFile(files.TLS_KEY, selfSignedCertificate.key);
  return files;
}

test.each([
  ["a loopback connection", async () => ({})],
  ["TLS", tlsFiles],
])("grpc calls a service over %s with a token in each call, after one sign-in", async (_name, environment) => {
  const example = runWith(await environment(), "grpc/main.mjs");
  await signIn(example);
  expect(await example.ended).toMatchObject({ code: 0, stdout: GREETINGS });
  expect(provider.ledger.count("token")).toBe(1);
});

test.each([
  ["a loopback connection", async () => ({})],
  ["TLS", tlsFiles],
])("grpc gets another token over %s when the service answers UNAUTHENTICATED, once", async (_name, environment) => {
  provider.settings.editAccessToken = (claims, grant) =>
    grant === "refresh_token" ? claims : { ...claims, exp: Math.floor(Date.now() / 1000) - 60 };
  const example = runWith(await environment(), "grpc/main.mjs");
  await signIn(example);
  expect(await example.ended).toMatchObject({ code: 0, stdout: GREETINGS });
  expect(provider.ledger.count("token", "refresh_token")).toBe(1);
});

test("grpc follows a stream beyond the end of its token, without a gap", async () => {
  provider.settings.accessTokenLifetimeSeconds = 2;
  const example = runWith({ COUNT_TO: "35" }, "grpc/main.mjs");
  await signIn(example);
  const numbers = Array.from({ length: 35 }, (_, index) => index + 1).join(" ");
  expect(await example.ended).toMatchObject({ code: 0, stdout: expect.stringContaining(`\nCounted ${numbers}.\n`) });
  expect(provider.ledger.count("token", "refresh_token")).toBeGreaterThanOrEqual(1);
  expect(provider.ledger.count("authorize")).toBe(1);
});

test("grpc tells what the service said when it refuses the second token too", async () => {
  provider.settings.editAccessToken = (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 });
  const example = run("grpc/main.mjs");
  await signIn(example);
  expect(await example.ended).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("No valid access token."),
  });
  expect(provider.ledger.count("token", "refresh_token")).toBe(1);
});

test("grpc gives the client's own error when there is no token to be had", async () => {
  provider.once("token", (exchange) => exchange.html(503, "down"));
  const example = run("grpc/main.mjs");
  await signIn(example);
  const { code, stderr } = await example.ended;
  expect(code).toBe(1);
  expect(stderr).toContain("503");
  expect(provider.ledger.count("token")).toBe(1);
});
