import adapter from "@sveltejs/adapter-static";

/** @type {import("@sveltejs/kit").Config} */
export default {
  kit: {
    adapter: adapter({ pages: "../../build/sveltekit-spa", fallback: "index.html" }),
    alias: { $session: "../../svelte", $shared: "../shared" },
    outDir: "build",
  },
};
