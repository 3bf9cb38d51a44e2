/** A `fetch` of the program's own: what it may give back, and what becomes of it. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

type Reshape = (response: Response) => unknown;

/** The world's fetch, with the token endpoint's answers in another shape. */
async function forcedRefresh(reshape: Reshape, options: { maxResponseBytes?: number } = {}) {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  const before = world.stored();
  const client = world.client({
    ...options,
    interaction: "never",
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const asked = input instanceof Request ? input.url : input.toString();
      return (asked.endsWith("/token") ? await reshape(response) : response) as Response;
    },
  });
  const call = client.getAccessToken({ forceRefresh: true });
  return { world, before, call };
}

const plain = async (response: Response, body: unknown) => {
  const bytes = await response.arrayBuffer();
  const { status, ok, headers } = response;
  return { status, ok, headers, type: "basic", redirected: false, body, arrayBuffer: async () => bytes };
};

test.each<[string, Reshape]>([
  ["a body that is a stream of Node's, as from node-fetch", (response) => plain(response, { pipe() {}, on() {} })],
  ["no body but by arrayBuffer(), as from a mock", (response) => plain(response, undefined)],
])("an answer with %s is read", async (_title, reshape) => {
  const { call } = await forcedRefresh(reshape);
  expect(await call).toEqual(expect.any(String));
});

test("such an answer is bounded as any other", async () => {
  const { world, before, call } = await forcedRefresh(
    async (response) => ({ ...(await plain(response, undefined)), arrayBuffer: async () => new ArrayBuffer(9000) }),
    { maxResponseBytes: 8000 },
  );
  expect(await world.failure(call)).toMatchObject({ code: "response", sessionKept: true });
  expect(world.stored()).toEqual(before);
});

test.each<[string, Reshape]>([
  ["nothing", () => undefined],
  ["an error response", () => Response.error()],
  [
    "a response that was read already",
    async (response) => {
      await response.text();
      return response;
    },
  ],
  [
    "a rejection with a text",
    () => {
      throw "CANARY";
    },
  ],
])("%s is NetworkError, and the session is kept", async (_title, reshape) => {
  const { world, before, call } = await forcedRefresh(reshape);
  const error = await world.failure(call);
  expect(error).toMatchObject({ code: "network", retryable: true, sessionKept: true });
  expect(error.message).not.toContain("CANARY");
  expect(world.stored()).toEqual(before);
});

test("NF-09 an answer that says that it was redirected is refused", async () => {
  const { world, call } = await forcedRefresh((response) =>
    Object.defineProperty(response, "redirected", { value: true }),
  );
  expect(await world.failure(call)).toMatchObject({ code: "response", sessionKept: true });
});
