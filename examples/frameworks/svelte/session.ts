/** Who is signed in, as a store: `$session.status`. It changes with what happens here and in other tabs. */
import type { OidcClient } from "keystone-auth/browser";
import { readable } from "svelte/store";
import { client } from "./client";

export const session = readable<OidcClient["session"]>(client.session, (set) => {
  set(client.session);
  return client.on("session", () => set(client.session));
});
