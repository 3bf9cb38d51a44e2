/** Programs of ours that are loaded and wait until they are asked for a token. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { GetTokenOptions, OidcClientOptions } from "../../../src/node/index.js";
import { compileForChildren } from "../../support/compile.js";

export interface Answer {
  readonly token?: string;
  readonly failed?: string;
}

/** Gives what asks it, once; `undefined` where it cannot run as that user. */
export async function startProgram(
  options: OidcClientOptions,
  user?: number,
): Promise<((call?: GetTokenOptions) => Promise<Answer>) | undefined> {
  const program = join(await compileForChildren(), "test/node/shared-database/programs/one-token.js");
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", user === undefined ? "inherit" : "ignore"],
    ...(user !== undefined && { uid: user, gid: user }),
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // Another user may not be able to start it: no line comes then.
  const gone = once(child, "close").catch(() => {});
  const { done } = await lines.next();
  if (done) return undefined;
  return async (call = {}) => {
    child.stdin.write(`${JSON.stringify(call)}\n`);
    const { value } = await lines.next();
    await gone;
    return JSON.parse(value as string) as Answer;
  };
}
