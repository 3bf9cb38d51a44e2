/** vue-router. The way says who asks for the token: a guard of all pages, or the report; and whether the start page is slow. */
import { createApp } from "vue";
import { createRouter, createWebHistory } from "vue-router";
import { client } from "../../vue/client";
import { slowly, way } from "../shared/way";
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
  ],
});

if (way() === "guard") {
  router.beforeEach(async () => {
    await client.getAccessToken();
  });
}

createApp(App).use(router).mount("#app");
