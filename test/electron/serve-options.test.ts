/** Options of `serveTokens` that cannot be used, or that would let anybody in. */
import { expect, test } from "vitest";
import { useWorld } from "./world.js";

const world = useWorld();

const UNUSABLE: readonly [string, Record<string, unknown>][] = [
  ["neither allowedOrigins nor isAllowed", { allowedOrigins: undefined }],
  ["both of them", { isAllowed: () => true, allowedOrigins: ["app://bundle"] }],
  ["no origin", { allowedOrigins: [] }],
  ["any origin", { allowedOrigins: ["*"] }],
  ["any host", { allowedOrigins: ["https://*.example"] }],
  ["a file", { allowedOrigins: ["file://"] }],
  ["nobody's origin", { allowedOrigins: ["null"] }],
  ["a path", { allowedOrigins: ["app://bundle/index.html"] }],
  ["a slash at the end", { allowedOrigins: ["http://localhost:5173/"] }],
  ["the scheme's own port", { allowedOrigins: ["https://app.example:443"] }],
  ["no text", { allowedOrigins: [1] }],
  ["an ipcMain without handle", { ipcMain: {} }],
  ["no ipcMain", { ipcMain: undefined }],
  ["a channel with a path", { channel: "a/b" }],
  ["an allowInteraction that is no function", { allowInteraction: "click" }],
];

test("serveTokens refuses options that cannot be used, or that would let anybody in", () => {
  for (const [what, options] of UNUSABLE) {
    const serve = () => world.serve({ allowedOrigins: ["app://bundle"], ...options } as never);
    expect(serve, what).toThrow(expect.objectContaining({ code: "configuration" }));
  }
  expect(world.electron.handlers.size).toBe(0);
});
