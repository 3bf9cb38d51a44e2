import adapter from "@sveltejs/adapter-node";

/** @type {import("@sveltejs/kit").Config} */
export default {
  kit: {
    adapter: adapter({ out: "../../build/sveltekit-server" }),
    alias: { $session: "../../svelte", $shared: "../shared" },
    outDir: "build",
  },
};
