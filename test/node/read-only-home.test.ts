/** A user whose home cannot be written, or who has none, as the whole client meets it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { STRANGER, useHome } from "./another-user.js";

const scene = useHome();

test("FS-11 MP-08 the login works, the session lives in memory and is renewed there, and one event tells", async (context) => {
  await scene.become(context, STRANGER);
  const { tokens, troubles, warnings } = await scene.use({ storageDirectory: join(scene.home, "tokens") });
  expect(tokens[1]).toBe(tokens[0]);
  expect(tokens[2]).not.toBe(tokens[0]);
  expect(troubles).toMatchObject([{ code: "storage", kind: "permission", causeCode: "EACCES" }]);
  expect(warnings).toHaveLength(1);
  expect(readdirSync(scene.home)).toEqual([]);
  expect(scene.provider.ledger.maxPostsPerRefreshToken()).toBe(1);
});

test("FS-12 with HOME=/ the login works, the session lives in memory, and one event tells", async () => {
  vi.stubEnv("HOME", "/");
  const { tokens, troubles } = await scene.use();
  expect(tokens[1]).toBe(tokens[0]);
  expect(troubles).toMatchObject([{ code: "storage", kind: "unavailable" }]);
});
