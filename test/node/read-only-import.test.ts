/** `keystone-auth import` where the sessions cannot be stored: a token that serves once is not spent for nothing. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { GivenToken } from "../../src/cli/import/given-token.js";
import { importSession } from "../../src/cli/import/session-import.js";
import { readNodeOptions } from "../../src/node/options.js";
import { STRANGER, useHome } from "./another-user.js";

const scene = useHome();

test("sends nothing where the directory takes no file", async (context) => {
  await scene.become(context, STRANGER);
  const { issuer } = scene.provider;
  const storageDirectory = join(scene.home, "tokens");
  const config = readNodeOptions({ clientId: "prizm", issuer, storageDirectory, allowInsecureLoopback: true }, {});
  const importing = importSession(config, new GivenToken(config, "a refresh token"), new AbortController().signal);
  await expect(importing).rejects.toMatchObject({
    code: "storage",
    kind: "permission",
    message: expect.stringContaining(
      "Nothing was imported and no token was sent: the store takes no write (EACCES).",
    ) as string,
  });
  expect(scene.provider.ledger.postsOfRefreshToken.has("a refresh token")).toBe(false);
});
