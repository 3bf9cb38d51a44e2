/**
 * A stand-in for an Electron app: a page in a real browser with the ready-made preload script, over Electron's IPC as it is
 * told here, to real main-process code in Node.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { type ElectronInvokeEvent, type ServedTokens, serveTokens } from "../../../src/electron/main.js";
import { OidcClient } from "../../../src/node/index.js";
import { dist, root } from "../../packaging/built-package.js";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import type { BrowserDriver, Profile, Tab } from "./driver.js";

