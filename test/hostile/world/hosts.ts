/** I7: where requests go. Every request of the runtime's own fetch is seen, also one that a redirect would have caused. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";

export interface HostWatch {
  /** The client's own fetch, with a note of each origin. */
  readonly fetch: typeof fetch;
  /** Throws when a client asked another origin than those, or anybody in this process one that is not this machine. */
  expectOnly(allowed: readonly string[]): void;
  stop(): void;
}

const isThisMachine = (origin: string) => /^https?:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(origin);

export function watchHosts(): HostWatch {
  const asked = new Set<string>();
  const anybody = new Set<string>();
  const onRequest = (message: unknown) => {
    const { origin } = (message as { request: { origin: string | URL } }).request;
    anybody.add(new URL(origin).origin);
  };
  subscribe("undici:request:create", onRequest);
  return {
    fetch: (input, init) => {
      asked.add(new URL(input instanceof Request ? input.url : input).origin);
      return fetch(input, init);
    },
    expectOnly(allowed) {
      const foreign = [...asked].filter((origin) => !allowed.includes(origin));
      foreign.push(...[...anybody].filter((origin) => !isThisMachine(origin)));
      if (foreign.length > 0) throw new Error(`I7: a request went to ${foreign.join(" and ")}`);
    },
    stop: () => void unsubscribe("undici:request:create", onRequest),
  };
}
