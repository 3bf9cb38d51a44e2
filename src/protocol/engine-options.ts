/** How every request of the engine library is made: through the bounded fetch. */
import { allowInsecureRequests, customFetch } from "oauth4webapi";

/**
 * The engine's own check of https is off, since ours has run on every endpoint when the metadata was read
 * (`metadata.ts`): https, or http to a loopback address where the options allow that. The time limit is in `fetch`.
 */
export function engineOptions(bounded: typeof fetch) {
  return {
    [customFetch]: bounded as never,
    [allowInsecureRequests]: true,
  };
}
