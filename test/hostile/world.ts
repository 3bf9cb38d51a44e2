/**
 * One provider, one directory of sessions, any number of clients, and the invariants of every hostile case checked at the
 * end: I1 no secret in anything that was seen, I2 a failure that keeps the session keeps its bytes, I3 every call settles,
 * I4 no unhandled rejection and no handle left, I5 and I6 no refresh token or code sent twice, I7 no foreign host asked.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type KeystoneAuthError, OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../support/fake-provider.js";
import { startWatch } from "../support/watch.js";
import { watchCalls } from "./world/calls.js";
import { watchHandles } from "./world/handles.js";
import { watchHosts } from "./world/hosts.js";
import { isMark } from "./world/records.js";

export interface World {
  readonly provider: FakeProvider;
  readonly directory: string;
  readonly lines: string[];
  /** Origins that clients may ask beside the provider's. */
  readonly alsoAsked: string[];
  /** How often a browser was opened. */
  readonly opened: () => number;
  /** A client whose browser signs in at once. */
  client(options?: Partial<OidcClientOptions>): OidcClient;
  /** Signs in with a client of its own, and forgets what the provider has counted. */
  signIn(options?: Partial<OidcClientOptions>): Promise<string>;
  /** To be called where a test changes the store with its own hands while a call runs. */
  meddled(): void;
  /** The stored sessions, byte for byte, without the marks of sign-outs; none where there is no directory yet. */
  stored(): Record<string, string>;
  /** The error of a call, kept for the scan for secrets. */
  failure(call: Promise<unknown>): Promise<KeystoneAuthError & Record<string, unknown>>;
}

function readRecords(directory: string): Record<string, string> {
  if (!existsSync(directory)) return {};
  const names = readdirSync(directory).filter((name) => name.endsWith(".json") && !isMark(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

/** Begins a world that ends with the test. */
export async function startWorld(providerOptions: FakeProviderOptions = {}): Promise<World> {
  const expectNoHandles = watchHandles();
  const provider = await startFakeProvider(providerOptions);
  const place = mkdtempSync(join(tmpdir(), "keystone-auth-"));
  const directory = join(place, "tokens");
  const watch = startWatch({ secrets: () => provider.secrets() });
  const clients: OidcClient[] = [];
  const seen: unknown[] = [];
  const lines: string[] = [];
  const alsoAsked: string[] = [];
  const hosts = watchHosts();
  const calls = watchCalls(() => readRecords(directory));
  let opened = 0;

  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await calls.expectGood();
    watch.stop();
    hosts.stop();
    await provider.close();
    rmSync(place, { recursive: true, force: true });
    // The address is shown to the person on purpose, as it is.
    const shown = watch.captured.filter(
      ({ where, value }) => !(where === "stderr" && String(value).includes("/authorize?")),
    );
    (watch.captured as unknown[]).splice(0, Number.POSITIVE_INFINITY, ...shown);
    watch.expectClean([...seen, ...lines]);
    hosts.expectOnly([provider.origin, ...alsoAsked]);
    await expectNoHandles();
    if (provider.ledger.maxPostsPerRefreshToken() > 1) throw new Error("I5: a refresh token was sent twice");
    if (provider.ledger.maxPostsPerCode() > 1) throw new Error("I6: a code was sent twice");
  });

  const log = (message: string) => void lines.push(message);
  const client = (options: Partial<OidcClientOptions> = {}) => {
    const made = new OidcClient({
      clientId: "prizm",
      issuer: provider.issuer,
      extraScopes: ["offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
      allowInsecureLoopback: true,
      storageDirectory: directory,
      logger: { debug: log, info: log, warn: log, error: log },
      openBrowser: (url) => {
        opened += 1;
        provider.authorize(url).catch(() => {});
      },
      fetch: hosts.fetch,
      ...options,
    });
    calls.follow(made);
    made.on("session", (event) => seen.push(event));
    made.on("storage", (event) => seen.push(event));
    clients.push(made);
    return made;
  };
  return {
    provider,
    directory,
    lines,
    alsoAsked,
    meddled: calls.meddled,
    opened: () => opened,
    client,
    signIn: async (options) => {
      const token = await client(options).getAccessToken();
      provider.ledger.clear();
      return token;
    },
    stored: () => readRecords(directory),
    failure: async (call) => {
      const error = (await call.then(
        () => {
          throw new Error("the call did not fail");
        },
        (reason: unknown) => reason,
      )) as KeystoneAuthError & Record<string, unknown>;
      seen.push(error);
      return error;
    },
  };
}
