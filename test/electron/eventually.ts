import { expect } from "vitest";

/** Asks until it is so, for what announces itself by no event: as long as a busy machine may take. */
export function eventually<T>(look: () => T) {
  return expect.poll(look, { timeout: 15_000 });
}
