/** A provider, and a program that is started at a terminal or beside one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { compileForChildren } from "../../support/compile.js";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../../support/fake-provider.js";

/** The surroundings of a login over SSH. */
export const SSH = { SSH_CONNECTION: "10.0.0.1 50000 10.0.0.2 22", SSH_TTY: "/dev/pts/1" };
/** A browser that opens, and in which nothing happens by itself. */
export const DESKTOP = { BROWSER: "true", DISPLAY: ":7" };

export interface Scene {
  readonly provider: FakeProvider;
  readonly directory: string;
  /** Words for a shell that start the program with this plan. */
  command(plan?: Record<string, unknown>, more?: Record<string, unknown>): string;
  /** Words of a process. */
  words(plan?: Record<string, unknown>, more?: Record<string, unknown>): readonly string[];
}

export async function startScene(options: FakeProviderOptions = {}): Promise<Scene> {
  const provider = await startFakeProvider({ deviceIntervalSeconds: 1, ...options });
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-"));
  const build = await compileForChildren();
  onTestFinished(async () => {
    await provider.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const words = (plan: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => [
    process.execPath,
    join(build, "test/node/programs/at-terminal.js"),
    JSON.stringify({
      options: {
        clientId: "prizm",
        issuer: provider.issuer,
        extraScopes: ["offline_access"],
        allowInsecureLoopback: true,
        storageDirectory: join(directory, "tokens"),
        ...more,
      },
      ...plan,
    }),
  ];
  const command = (...args: Parameters<Scene["words"]>) =>
    words(...args)
      .map((word) => `'${word}'`)
      .join(" ");
  return { provider, directory, words, command };
}

/** The address that a terminal shows. A terminal breaks no line by itself. */
export const ADDRESS = /^(http\S+response_type=code\S+)\r?\n/m;
