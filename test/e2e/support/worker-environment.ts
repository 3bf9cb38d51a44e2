/**
 * The environment of the tests in browsers: it tells when no further test file will come to a worker, which nothing else
 * in vitest does. Files of one worker share their modules (`isolate: false`), and with them what those keep.
 */
import type { Environment } from "vitest/runtime";

declare global {
  /** Work for the end of the worker. Global, since vitest loads this module apart from those of the tests. */
  var atEndOfWorker: (() => Promise<void>)[];
}

const environment: Environment = {
  name: "worker-environment",
  viteEnvironment: "ssr",
  setup(global: typeof globalThis) {
    global.atEndOfWorker = [];
    return {
      teardown: async () => {
        await Promise.all(global.atEndOfWorker.map((work) => work()));
      },
    };
  },
};
export default environment;
