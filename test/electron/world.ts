/** A desktop app of one test: provider, session files, the main process's client, and windows over a fake Electron. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { type ServedTokens, serveTokens, type ServeTokensOptions } from "../../src/electron/main.js";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { FakeElectron, type FakeFrame } from "./fake-electron.js";

export const ORIGIN = "app://bundle";

export interface World {
  readonly provider: FakeProvider;
  readonly electron: FakeElectron;
  /** The client that the app serves. */
  readonly client: OidcClient;
  /** How often the system browser was opened. */
  readonly opened: () => number;
  makeClient(options?: Partial<OidcClientOptions>): OidcClient;
  serve(options?: Partial<ServeTokensOptions>, client?: OidcClient): ServedTokens;
  /** The top frame of a new window, with its preload script run. */
  page(url?: string): FakeFrame;
  /** Keeps the provider's next token answer back, until the function that it gives is called. */
  holdNextToken(): () => void;
}

/** A new world before each test. */
export function useWorld(): World {
  let provider: FakeProvider;
  let directory: string;
  let electron: FakeElectron;
  let main: OidcClient;
  let opened = 0;
  const close: (() => unknown)[] = [];

  const makeClient = (options: Partial<OidcClientOptions> = {}) => {
    const made = new OidcClient({
      clientId: "desktop",
      issuer: provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      storageDirectory: join(directory, "tokens"),
      openBrowser: async (url) => {
        opened += 1;
        // The provider's logout page comes here too, and may be gone before it has answered.
        provider.authorize(url).catch(() => {});
      },
      ...options,
    });
    close.push(() => made.close());
    return made;
  };

  beforeEach(async () => {
    provider = await startFakeProvider();
    directory = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
    electron = new FakeElectron();
    opened = 0;
    main = makeClient();
  });
  afterEach(async () => {
    for (const client of electron.clients) await client.close();
    for (const end of close.splice(0)) await end();
    vi.unstubAllGlobals();
    await provider.close();
    await rm(directory, { recursive: true, force: true });
  });

  return {
    get provider() {
      return provider;
    },
    get electron() {
      return electron;
    },
    get client() {
      return main;
    },
    opened: () => opened,
    makeClient,
    serve(options = {}, client = main) {
      const allowed = options.isAllowed ? {} : { allowedOrigins: [ORIGIN] };
      const served = serveTokens(client, { ipcMain: electron.ipcMain, ...allowed, ...options });
      close.push(() => served.close());
      return served;
    },
    holdNextToken() {
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      provider.once("token", async (exchange) => {
        await gate;
        return await exchange.next();
      });
      return release;
    },
    page: (url = `${ORIGIN}/index.html`) => electron.openWindow(url).frame.preload(),
  };
}
