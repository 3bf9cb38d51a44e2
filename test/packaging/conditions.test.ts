/** Which entry a bundler takes by the conditions that it asks for, resolved by esbuild. */
import { build, type BuildOptions } from "esbuild";
import { beforeAll, expect, it } from "vitest";
import { ensureBuilt, root } from "./built-package.js";

beforeAll(ensureBuilt, 60_000);

/** The file of `dist/` that the import leads to. Neutral: esbuild asks for nothing by itself, and takes `import`. */
async function entryOf(name: string, conditions: readonly string[]): Promise<string | undefined> {
  const stdin = { contents: `import "${name}"; export * from "${name}";`, resolveDir: root };
  const settings = { bundle: true, write: false, metafile: true, format: "esm", logLevel: "silent" } as const;
  const external = ["node:*", "open", "oauth4webapi", "oidc-client-ts", "idb-keyval", "uqr"];
  const asks = { platform: "neutral", conditions: [...conditions], external } satisfies BuildOptions;
  const { metafile } = await build({ stdin, ...settings, ...asks });
  const [from] = metafile.inputs["<stdin>"]?.imports ?? [];
  return from?.path;
}

const NO_NODE = "browser; worker; edge-light; edge-light,worker; workerd,worker,browser; workerd; react-native";

it.each(NO_NODE.split("; "))("PK-06 what is no Node gets the entry of pages: %s", async (names) => {
  const conditions = names.split(",");
  expect(await entryOf("keystone-auth", conditions)).toBe("dist/browser.js");
  expect(await entryOf("keystone-auth/testing", conditions)).toBe("dist/browser-testing.js");
});

it.each(["", "node", "node,module", "bun", "deno,node", "electron"])(
  "PK-06 Node, what takes its place, and a tool that asks for nothing get the entry of Node: %j",
  async (names) => {
    const conditions = names.split(",").filter(Boolean);
    expect(await entryOf("keystone-auth", conditions)).toBe("dist/node.js");
    expect(await entryOf("keystone-auth/testing", conditions)).toBe("dist/testing.js");
    expect(await entryOf("keystone-auth/browser", conditions)).toBe("dist/browser.js");
  },
);
