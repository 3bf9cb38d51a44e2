/** The session in Vue: `app.use(session, client)`, then `useSession()` in components. */
import type { OidcClient } from "keystone-auth/browser";
import { inject, type InjectionKey, type Plugin, type ShallowRef, shallowReadonly, shallowRef } from "vue";

interface UsedSession {
  readonly client: OidcClient;
  /** Changes when somebody signs in or out, here or in another tab. */
  readonly session: Readonly<ShallowRef<OidcClient["session"]>>;
}

const KEY: InjectionKey<UsedSession> = Symbol("keystone-auth");

export const session: Plugin<[OidcClient]> = {
  install(app, client) {
    const current = shallowRef(client.session);
    const stop = client.on("session", () => {
      current.value = client.session;
    });
    app.onUnmount(stop);
    app.provide(KEY, { client, session: shallowReadonly(current) });
  },
};

export function useSession(): UsedSession {
  const used = inject(KEY);
  if (used === undefined) throw new Error("The app has not been given the session: app.use(session, client).");
  return used;
}
