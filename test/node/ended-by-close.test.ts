/** What the errors of a sign-out and of a device login name as their cause: `close()`, or the program's own option. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

test("LO-03 close() during a sign-out: the error says that the client was closed", async () => {
  const world = await startWorld();
  await world.signIn();
  let opened = () => {};
  const isOpen = new Promise<void>((resolve) => (opened = resolve));
  const client = world.client({ postLogoutRedirectUri: "http://127.0.0.1/bye", openBrowser: () => opened() });
  const result = client.signOut({ providerSession: true });
  await isOpen;
  await client.close();
  expect(await result).toMatchObject({
    providerSession: "failed",
    errors: [
      { code: "aborted", message: "The client was closed. Make a new client to go on. The session here is gone." },
    ],
  });
});

test.each([
  [
    "throws",
    () => {
      throw new Error("CANARY");
    },
  ],
  ["rejects", () => Promise.reject(new Error("CANARY"))],
])("an onDeviceCode that %s is named, and not to be tried again", async (_title, onDeviceCode) => {
  const world = await startWorld();
  const client = world.client({ flow: "device_code", onDeviceCode });
  const error = await world.failure(client.signIn());
  expect(error).toMatchObject({ code: "environment", retryable: false });
  expect(error.message).toMatch(/^The option onDeviceCode has thrown/);
  expect(error.message).not.toMatch(/CANARY|Try again/);
});
