/** A window without its bridge, or with options that are not its own, says what is missing. */
import { expect, test, vi } from "vitest";
import { EnvironmentError, OidcClient } from "../../src/electron/renderer.js";
import { useWorld } from "./world.js";

const world = useWorld();

test("EL-05 without a bridge the client names each cause, and where the reason stands", () => {
  expect(() => new OidcClient()).toThrow(EnvironmentError);
  for (const cause of [
    "webPreferences.preload",
    "contextIsolation",
    "window.open",
    "exposeTokens once",
    "preload-error",
  ]) {
    expect(() => new OidcClient()).toThrow(cause);
  }
});

test("a file: page says why it cannot be served, before anything is sent", () => {
  vi.stubGlobal("location", { protocol: "file:" });
  expect(() => world.page("file:///app/index.html").client()).toThrow(/file: address/);
  expect(world.electron.crossed).toEqual([]);
});

test("parts of different releases refuse each other and say so", async () => {
  world.serve();
  const page = world.page();
  const bridge = page.globals.keystoneAuthBridge as { version: number };
  bridge.version = 2;
  expect(() => page.client()).toThrow(/another release/);
});

test("options that belong to the main process are refused by name", () => {
  const page = world.page();
  expect(() => page.client({ clientId: "x" } as never)).toThrow(/clientId/);
  expect(() => page.client({ channel: "../ipc" })).toThrow(/channel/);
  expect(() => page.client({ minValiditySeconds: -1 })).toThrow(/minValiditySeconds/);
  expect(() => page.client({ interaction: "maybe" as never })).toThrow(/interaction/);
});
