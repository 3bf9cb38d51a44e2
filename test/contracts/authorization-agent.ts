/** What every AuthorizationAgent keeps (src/ports.ts), whatever carries the request to the person. */
import { afterEach, describe, expect, it } from "vitest";
import { ProviderError } from "../../src/errors.js";
import type { AuthorizationAgent } from "../../src/ports.js";

/** An agent, and the hand that plays the person before it. */
export interface AgentUnderTest {
  readonly agent: AuthorizationAgent;
  /** Sends the response to the redirect URI; resolves with what the person then sees, where there is anything to see. */
  readonly respond: (redirectUri: string, response: URLSearchParams) => Promise<string | undefined>;
  /** Whether window, port or listener are gone. */
  readonly isReleased: (redirectUri: string) => Promise<boolean>;
}

const STATE = "contract-state-0123456789abcdef";
const failure = () => new ProviderError("The provider refused the sign-in.", { error: "access_denied" });
const promptFor = (redirectUri: string) => ({
  url: `https://id.example/authorize?state=${STATE}&redirect_uri=${encodeURIComponent(redirectUri)}`,
  state: STATE,
  silent: false,
});

export function describeAuthorizationAgent(name: string, create: () => Promise<AgentUnderTest>): void {
  describe(`${name} as an AuthorizationAgent`, () => {
    const opened: AgentUnderTest[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map(({ agent }) => agent.close()));
    });
    const open = async () => {
      const one = await create();
      opened.push(one);
      return { ...one, ...(await one.agent.prepare(new AbortController().signal)) };
    };

    it("gives the parameters of the response that carries its state, unchecked but for that", async () => {
      const { agent, redirectUri, respond } = await open();
      const waiting = agent.authorize(promptFor(redirectUri), new AbortController().signal);
      const seen = respond(
        redirectUri,
        new URLSearchParams({ state: STATE, error: "access_denied", iss: "https://other.example" }),
      );
      const response = await waiting;
      expect(Object.fromEntries(response)).toEqual({
        state: STATE,
        error: "access_denied",
        iss: "https://other.example",
      });
      await agent.settle({ ok: false, error: failure() });
      await agent.close();
      await seen;
    });

    it("goes on waiting when a response with another state comes", async () => {
      const { agent, redirectUri, respond } = await open();
      const waiting = agent.authorize(promptFor(redirectUri), new AbortController().signal);
      await respond(redirectUri, new URLSearchParams({ state: `${STATE}1`, code: "stranger" }));
      const seen = respond(redirectUri, new URLSearchParams({ state: STATE, code: "ours" }));
      expect((await waiting).get("code")).toBe("ours");
      await agent.settle({ ok: true, getAccessToken: async () => "token" });
      await agent.close();
      await seen;
    });

    it("rejects with the signal's reason while it waits, and lets go of everything", async () => {
      const { agent, redirectUri, isReleased } = await open();
      const controller = new AbortController();
      const waiting = agent.authorize(promptFor(redirectUri), controller.signal);
      const reason = new Error("enough");
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await agent.settle({ ok: false, error: failure() });
      await agent.close();
      expect(await isReleased(redirectUri)).toBe(true);
    });

    it("rejects with the signal's reason when it fired before", async () => {
      const { agent, redirectUri } = await open();
      const reason = new Error("too late");
      await expect(agent.authorize(promptFor(redirectUri), AbortSignal.abort(reason))).rejects.toBe(reason);
      const other = await create();
      opened.push(other);
      await expect(other.agent.prepare(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it("settles and closes without a response, more than once, and never rejects", async () => {
      const { agent, redirectUri, isReleased } = await open();
      await agent.settle({ ok: false, error: failure() });
      await agent.settle({ ok: true, getAccessToken: async () => "token" });
      await Promise.all([agent.close(), agent.close()]);
      await agent.close();
      expect(await isReleased(redirectUri)).toBe(true);
    });

    it("I3 rejects a wait that close() ends", async () => {
      const { agent, redirectUri, isReleased } = await open();
      const waiting = agent.authorize(promptFor(redirectUri), new AbortController().signal);
      const ended = expect(waiting).rejects.toMatchObject({ code: "aborted", sessionKept: true });
      await agent.close();
      await ended;
      expect(await isReleased(redirectUri)).toBe(true);
    });

    it("closes before it was prepared", async () => {
      const { agent } = await create();
      await agent.close();
      await expect(agent.prepare(new AbortController().signal)).rejects.toMatchObject({ code: "aborted" });
    });
  });
}
