/** Messages as a renderer that was taken over could send them, past the bridge. */
import { randomBytes } from "node:crypto";
import type { FakeFrame } from "./fake-electron.js";

export const PAGE = randomBytes(16).toString("hex");
export const CHANNEL = "keystone-auth:default";

export const message = (changes: Record<string, unknown> = {}) => ({
  version: 1,
  page: PAGE,
  id: 1,
  method: "getTokenSet",
  options: {},
  userActivation: true,
  ...changes,
});
export const send = (frame: FakeFrame, value: unknown) => frame.ipcRenderer.invoke(CHANNEL, value);
export const refusal = { ok: false, error: { code: "configuration", retryable: false, sessionKept: true } };
