/** Pages with `meta: { needsSession: true }` are for whoever is signed in; others are sent to the route "signed-out". */
import { isKeystoneAuthError, type OidcClient } from "keystone-auth/browser";
import type { RouteLocationNormalized, Router } from "vue-router";

export function guardPages(router: Router, client: OidcClient): void {
  const signedOut = ({ fullPath }: RouteLocationNormalized) => ({ name: "signed-out", query: { to: fullPath } });

  router.beforeEach(async (to) => {
    if (to.meta.needsSession !== true) return true;
    try {
      // Leaves for the login where the page has just been loaded. Afterwards a person is asked by a button.
      await client.getAccessToken();
      return true;
    } catch (error) {
      if (isKeystoneAuthError(error) && error.code === "login_required") return signedOut(to);
      throw error;
    }
  });

  // The page that is shown was let in before: somebody may have signed out in another tab since.
  client.on("session", () => {
    const { status } = client.session;
    const now = router.currentRoute.value;
    if (now.meta.needsSession !== true || (status !== "signed_out" && status !== "user_changed")) return;
    void router.replace(signedOut(now));
  });
}
