/** The people in front of the browsers: they sign in, refuse, or look away. */
import type { AuthorizationPrompt } from "../../src/ports.js";
import { ISSUER, type Provider } from "./provider.js";
import type { Actor, World } from "./world.js";

export class Person {
  constructor(
    private readonly world: World,
    private readonly provider: Provider,
  ) {}

  /** Shows the request; the answer comes in a later step, if at all. */
  ask(client: Actor, { url, state }: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams> {
    const { world } = this;
    const login = world.next();
    world.tell({ what: "opens", client: client.name, login });
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      const nonce = new URL(url).searchParams.get("nonce") ?? "";
      const mood = world.choices.weighted([12, 1, world.isFaulty ? 2 : 0]);
      if (mood === 2) return;
      world.post(client, () => {
        if (signal.aborted) return;
        if (mood === 1) return resolve(new URLSearchParams({ error: "access_denied", state, iss: ISSUER }));
        const person = world.choices.chance(0.2) ? "Bob" : "Ann";
        world.tell({ what: "agrees", client: client.name, login, person });
        resolve(new URLSearchParams({ code: this.provider.grant(login, person, nonce), state, iss: ISSUER }));
      });
    });
  }
}
