import { fileURLToPath } from "node:url";

/** The packages lie above: that is the root of the whole. */
const root = fileURLToPath(new URL("../../", import.meta.url));
export default { turbopack: { root }, outputFileTracingRoot: root, distDir: "../../build/next" };
