/** vue-router. The way says who asks for the token: a guard of all pages, or the report; and whether the start page is slow. */
import { createApp } from "vue";
import { createRouter, createWebHistory } from "vue-router";
import SignedOut from "../../vue/SignedOut.vue";
import { client } from "../../vue/client";
import { guardPages } from "../../vue/guard";
import { session } from "../../vue/session";
import { slowly, way } from "../shared/way";
import Account from "./account.vue";
import App from "./app.vue";
import Other from "./other.vue";
import Report from "./report.vue";
import Start from "./start.vue";

const lazyStart = async () => {
  await slowly();
  return await import("./start.vue");
};

const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", component: way() === "lazy" ? lazyStart : Start },
    { path: "/reports/:id", component: Report },
    { path: "/other", component: Other },
    { path: "/account", component: Account, meta: { needsSession: true } },
    { path: "/signed-out", name: "signed-out", component: SignedOut },
  ],
});

if (way() === "guard") {
  router.beforeEach(async () => {
    await client.getAccessToken();
  });
}

guardPages(router, client);
createApp(App).use(session, client).use(router).mount("#app");
