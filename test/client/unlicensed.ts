/** A person who is signed in, and whose access token lacks the claim that a program requires. */
import { onTestFinished, vi } from "vitest";
import { startWorld } from "../hostile/world.js";
import type { FakeProviderOptions } from "../support/fake-provider.js";

export const never = { interaction: "never" } as const;
export const licensed = { requiredClaims: { app: null, edition: "pro" } } as const;
/** What such a call is told. */
export const lacks = { code: "token_validation", retryable: false, sessionKept: true };

/** A stored session of an account that has "app" and no "edition"; `grant` gives it that. */
export async function unlicensed(options: FakeProviderOptions = {}) {
  const world = await startWorld({ editAccessToken: (claims) => ({ ...claims, app: "prizm" }), ...options });
  const { provider } = world;
  await world.signIn();
  const grant = () => {
    provider.settings.editAccessToken = (claims) => ({ ...claims, app: "prizm", edition: ["team", "pro"] });
  };
  return { world, provider, grant };
}

/** So many seconds more have passed by the monotonic clock, until what this gives is called. */
export function passes(seconds: number): () => void {
  const real = process.hrtime.bind(process);
  const later = (): [number, number] => {
    const [whole, nanoseconds] = real();
    return [whole + seconds, nanoseconds];
  };
  const spy = vi.spyOn(process, "hrtime").mockImplementation(later as typeof process.hrtime);
  onTestFinished(() => spy.mockRestore());
  return () => spy.mockRestore();
}
