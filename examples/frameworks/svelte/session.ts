/** Who is signed in, as a store: `$session.status`. It changes with what happens here and in other tabs. */
import type { OidcClient } from "keystone-auth/browser";
import { readable } from "svelte/store";
import { browser } from "$app/environment";
import { client } from "./client";

const follow = (set: (session: OidcClient["session"]) => void) => {
  set(client.session);
  return client.on("session", () => set(client.session));
};

// A server looks for no session: it does not know whose page it renders.
export const session = readable(client.session, browser ? follow : undefined);
