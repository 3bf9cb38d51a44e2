/**
 * Calls that fail in every way that needs no person, at once: aborted, closed, signed out, refused, without a network, over
 * a broken store. The program catches what its own calls reject with and nothing else. Arguments: issuer, directory.
 */
import { type KeyValueStore, OidcClient, type OidcClientOptions } from "../../../src/node/index.js";

const [issuer = "", storageDirectory = ""] = process.argv.slice(2);

function client(options: Partial<OidcClientOptions> = {}): OidcClient {
  const made = new OidcClient({
    clientId: "prizm",
    issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory,
    interaction: "never",
    ...options,
  });
  made.on("session", () => {
    throw new Error("a listener of the program's own");
  });
  made.on("storage", (() => Promise.reject(new Error("another one"))) as unknown as () => void);
  return made;
}

const broken = (code: string): KeyValueStore => {
  const fail = () => Promise.reject(Object.assign(new Error(code), { code }));
  return { get: fail, set: fail, delete: fail };
};

const caught = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: { code?: string }) => error.code ?? "no code",
  );

const aborted = new AbortController();
const refused = client();
const closed = client({ clientId: "closed" });
const calls = [
  ...Array.from({ length: 20 }, () => refused.getAccessToken({ forceRefresh: true })),
  refused.getAccessToken({ forceRefresh: true, signal: aborted.signal }),
  closed.getAccessToken({ forceRefresh: true }),
  closed.signOut(),
  client({ storage: broken("EIO") }).getAccessToken(),
  client({ storage: broken("EIO") }).destroyTokens(),
  client({
    storage: { ...broken("EIO"), get: () => new Promise(() => {}) },
    storageTimeoutSeconds: 0.1,
  }).getAccessToken(),
  client({ fetch: () => Promise.reject(new TypeError("fetch failed")) }).getAccessToken({ forceRefresh: true }),
  client({ issuer: `${issuer}/other`, interaction: "allowed" }).getAccessToken(),
  client({
    interaction: "allowed",
    flow: "device_code",
    onDeviceCode: () => Promise.reject(new Error("none")),
    clientId: "x",
  }).signIn(),
].map(caught);
aborted.abort();
void closed.close();
const ends = await Promise.all(calls);
await Promise.all([refused.close(), refused.close()]);
console.log(JSON.stringify([...new Set(ends)].sort()));
