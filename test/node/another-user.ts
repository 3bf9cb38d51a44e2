/** A client in the home of a test's own, as another user where the test is root. */
import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, type TestContext, vi } from "vitest";
import { OidcClient, type OidcClientOptions, type StorageError } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";

export const STRANGER = 65534;

/** What a client was told of, and what it was given. */
export interface Outcome {
  readonly tokens: readonly string[];
  readonly troubles: readonly StorageError[];
  readonly warnings: readonly string[];
}

/** For each test a provider, and a home that all may look into and only its owner may write. */
export function useHome() {
  const current = { provider: undefined as FakeProvider | undefined, home: "" };
  beforeEach(async () => {
    current.provider = await startFakeProvider();
    current.home = mkdtempSync(join(tmpdir(), "keystone-auth-"));
    chmodSync(current.home, 0o755);
    for (const name of ["CEGAL_KEYSTONE_AUTH_DIR", "XDG_STATE_HOME", "XDG_DATA_HOME"]) vi.stubEnv(name, undefined);
    vi.stubEnv("HOME", current.home);
  });
  afterEach(async () => {
    process.seteuid?.(0);
    vi.unstubAllEnvs();
    await current.provider?.close();
    rmSync(current.home, { recursive: true, force: true });
  });
  const provider = () => current.provider as FakeProvider;
  const options = () => ({
    clientId: "prizm",
    issuer: provider().issuer,
    extraScopes: ["offline_access"],
    allowInsecureLoopback: true,
    openBrowser: (url: string) => void provider().authorize(url),
  });
  /** Loads all parts of the library, which another user may not be able to read where it lies. */
  const loadEverything = async () => {
    const client = new OidcClient({ ...options(), storage: "memory" });
    await client.getAccessToken();
    await client.getAccessToken({ forceRefresh: true });
    await client.close();
    // Loaded with the first lock and the first change of a file.
    await import("../../src/node/files/lock.js");
    await import("../../src/node/files/update.js");
  };
  return {
    get home() {
      return current.home;
    },
    get provider() {
      return provider();
    },
    get options() {
      return options();
    },
    async become(context: TestContext, user: number): Promise<void> {
      if (process.getuid?.() !== 0) context.skip("only root can act as another user");
      await loadEverything();
      process.seteuid?.(user);
    },
    /** A first token, the stored one, and a renewed one. */
    async use(more: Partial<OidcClientOptions> = {}): Promise<Outcome> {
      const troubles: StorageError[] = [];
      const warnings: string[] = [];
      const client = new OidcClient({
        ...options(),
        storageTimeoutSeconds: 1,
        logger: { warn: (line) => warnings.push(line) },
        ...more,
      });
      client.on("storage", ({ error }) => troubles.push(error));
      const tokens = [
        await client.getAccessToken(),
        await client.getAccessToken(),
        await client.getAccessToken({ forceRefresh: true }),
      ];
      await client.close();
      return { tokens, troubles, warnings };
    },
  };
}
