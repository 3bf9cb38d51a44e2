/** The hooks of a provider, by endpoint. */
import type { EndpointName, Hook } from "./types.js";

interface Registration {
  readonly hook: Hook;
  readonly once: boolean;
}

/** Keeps hooks; a once-only hook is taken out when a request claims it, so that two requests at once never share it. */
export class HookRegister {
  readonly #hooks = new Map<EndpointName, Registration[]>();
  /** What hooks threw. A failed expectation inside a hook would otherwise be seen by nobody. */
  readonly errors: unknown[] = [];

  add(endpoint: EndpointName, hook: Hook, once: boolean): () => void {
    const registration = { hook, once };
    this.#hooks.set(endpoint, [registration, ...(this.#hooks.get(endpoint) ?? [])]);
    return () => this.#keep(endpoint, (other) => other !== registration);
  }

  /** The hooks for one request, the newest first. */
  claim(endpoint: EndpointName): Hook[] {
    const registered = this.#hooks.get(endpoint) ?? [];
    // Of several once-only hooks each serves one request, in the order in which they were given.
    const single = registered.findLast((each) => each.once);
    const claimed = registered.filter((each) => !each.once || each === single);
    this.#keep(endpoint, (other) => other !== single);
    return claimed.map((each) => each.hook);
  }

  clear(): void {
    this.#hooks.clear();
  }

  #keep(endpoint: EndpointName, predicate: (registration: Registration) => boolean): void {
    this.#hooks.set(endpoint, (this.#hooks.get(endpoint) ?? []).filter(predicate));
  }
}
