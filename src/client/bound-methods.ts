/** Lets the methods of a client be handed on: `const { getAccessToken } = client`, or `onClick={client.signOut}`. */

/** Binds the methods that stand in `prototype`; where a subclass has its own, that one. They are no more enumerable than before. */
export function bindMethods(client: object, prototype: object): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === "constructor" || typeof value !== "function") continue;
    const method = (client as Record<string, (...args: unknown[]) => unknown>)[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(client, name, { value: method.bind(client), configurable: true, writable: true });
  }
}
