/** A provider that this project did not write: oidc-provider, mounted below `/identity` on loopback, any free port. */
import { randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { Provider, ProviderRequest } from "oidc-provider";
import { listenOnLoopback } from "./loopback-server.js";
import { type ClientMetadata, configurationOf } from "./real-provider/configuration.js";

export { type ClientMetadata, REAL_AUDIENCE } from "./real-provider/configuration.js";

const MOUNT = "/identity";

export interface RealProviderOptions {
  /** ["127.0.0.1"] The host in the issuer; it listens on 127.0.0.1 in each case. */
  readonly host?: "127.0.0.1" | "localhost";
  /** [0] Any free one where it is 0 or taken. */
  readonly port?: number;
  readonly ttl?: {
    /** [300] */
    readonly accessTokenSeconds?: number;
  };
  /** [http://127.0.0.1:9/] Redirect and post-logout URIs of the client `spa`: exact, port and all. */
  readonly spaRedirectUris?: readonly string[];
  /** [none] What access tokens hold beside the usual claims, asked for each of them. */
  readonly accessTokenClaims?: () => Readonly<Record<string, unknown>>;
  /** Further clients beside `native`, `spa`, `service` and `confidential-native`. */
  readonly clients?: readonly ClientMetadata[];
}

/** A running provider. */
export interface RealProvider {
  readonly issuer: string;
  readonly origin: string;
  /** The secret of `service` and `confidential-native`. */
  readonly serviceSecret: string;
  /** Requests, oldest first: `GET /auth`, `POST /token`. */
  readonly requests: readonly string[];
  /** Successful refreshes. */
  readonly refreshCount: number;
  /** Refresh requests, whatever the answer. */
  readonly refreshPosts: number;
  /** Successful grants of any type, by `grant_type`, oldest first. */
  readonly grants: readonly string[];
  /** The id of the grant that was last revoked: by revocation, sign-out or the reuse of a refresh token or code. */
  readonly lastGrantRevoked: string | undefined;
  /** Faults inside the provider; should be empty. */
  readonly serverErrors: readonly unknown[];
  close(): Promise<void>;
}

interface Counters {
  refreshCount: number;
  refreshPosts: number;
  lastGrantRevoked: string | undefined;
  readonly requests: string[];
  readonly grants: string[];
  readonly serverErrors: unknown[];
}

/** Runs something that prints advice for production to the console. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { info, warn } = console;
  console.info = () => {};
  console.warn = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, { info, warn });
  }
}

function count(provider: Provider): Counters {
  const counters: Counters = {
    refreshCount: 0,
    refreshPosts: 0,
    lastGrantRevoked: undefined,
    requests: [],
    grants: [],
    serverErrors: [],
  };
  const isRefresh = (ctx: ProviderRequest): boolean => ctx.oidc.params?.grant_type === "refresh_token";
  provider.on("grant.success", (ctx: ProviderRequest) => {
    counters.grants.push(String(ctx.oidc.params?.grant_type));
    if (!isRefresh(ctx)) return;
    counters.refreshCount += 1;
    counters.refreshPosts += 1;
  });
  provider.on("grant.error", (ctx: ProviderRequest) => {
    if (isRefresh(ctx)) counters.refreshPosts += 1;
  });
  provider.on("grant.revoked", (_ctx: ProviderRequest, grantId: string) => {
    counters.lastGrantRevoked = grantId;
  });
  provider.on("server_error", (_ctx: ProviderRequest, error: unknown) => counters.serverErrors.push(error));
  return counters;
}

/** Puts a listener below a path, as a framework's router would: the whole URL stays in `originalUrl`. */
function mounted(listener: RequestListener): RequestListener {
  return (request, response) => {
    const url = request.url ?? "/";
    if (!url.startsWith(`${MOUNT}/`)) {
      response.writeHead(404).end();
      return;
    }
    Object.assign(request, { originalUrl: url });
    request.url = url.slice(MOUNT.length);
    listener(request, response);
  };
}

/** Starts the provider. Close it at the end of the test. */
export async function startRealProvider(options: RealProviderOptions = {}): Promise<RealProvider> {
  const serviceSecret = `CANARY-client-secret-${randomBytes(24).toString("base64url")}`;
  // The issuer holds the port, so the server listens before the provider exists.
  let listener: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => listener(request, response));
  const { port, close } = await listenOnLoopback(server, options.port);
  const origin = `http://${options.host ?? "127.0.0.1"}:${port}`;
  const configuration = configurationOf({
    accessTokenSeconds: options.ttl?.accessTokenSeconds ?? 300,
    spaRedirectUris: options.spaRedirectUris ?? ["http://127.0.0.1:9/"],
    serviceSecret,
    clients: options.clients ?? [],
    accessTokenClaims: options.accessTokenClaims ?? (() => ({})),
  });
  const provider = await quietly(async () => {
    const engine = await import("oidc-provider");
    return new engine.Provider(origin + MOUNT, configuration);
  });
  const counters = count(provider);
  const answer = mounted(provider.callback());
  listener = (request, response) => {
    counters.requests.push(`${request.method} ${request.url?.slice(MOUNT.length).replace(/\?.*$/, "")}`);
    answer(request, response);
  };
  return Object.assign(counters, { issuer: origin + MOUNT, origin, serviceSecret, close });
}
