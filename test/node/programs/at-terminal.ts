/**
 * A program at a terminal that signs in. Argument: JSON with the options of the client, and what it does beside that. Prints
 * `token` or `failed CODE: MESSAGE`, and ends by itself.
 */
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { OidcClient, type OidcClientOptions } from "../../../src/node/index.js";

interface Plan {
  readonly options: OidcClientOptions;
  /** Asks a question before, and closes the prompt. */
  readonly asksBefore?: boolean;
  /** Asks a question while the login is pending, once this file is there. */
  readonly asksOnceThere?: string;
  /** Reads a line afterwards. */
  readonly asksAtTheEnd?: boolean;
  /** Reads stdin to its end afterwards, synchronously. */
  readonly readsInput?: boolean;
  /** Draws its own terminal: gives all options that keep the library off it. */
  readonly drawsItself?: boolean;
  /** Shows device codes itself. */
  readonly showsCode?: boolean;
  /** Calls `close()` while the login is pending. */
  readonly closesAfterMs?: number;
  /** Throws while the login is pending. */
  readonly throwsAfterMs?: number;
}

function ask(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise((resolve) => {
    prompt.question(question, (answer) => {
      prompt.close();
      resolve(answer);
    });
  });
}

const plan = JSON.parse(process.argv[2] ?? "") as Plan;
const own: Partial<OidcClientOptions> = {
  onAuthorizationUrl: (url) => console.log(`open ${url}`),
  openBrowser: () => {},
  logger: { info: () => {} },
};
const code: Partial<OidcClientOptions> = { onDeviceCode: () => console.log("is-shown") };
const client = new OidcClient({ ...(plan.drawsItself && own), ...(plan.showsCode && code), ...plan.options });
if (plan.asksBefore) console.log(`before: ${await ask("name? ")}`);
const call = client.getAccessToken().then(
  () => "token",
  (error: { code?: string; message: string }) => `failed ${error.code}: ${error.message}`,
);
if (plan.asksOnceThere !== undefined) {
  while (!existsSync(plan.asksOnceThere)) await sleep(20);
  console.log(`answered: ${await ask("colour? ")}`);
}
if (plan.closesAfterMs !== undefined) await sleep(plan.closesAfterMs).then(() => client.close());
if (plan.throwsAfterMs !== undefined)
  setTimeout(() => {
    throw new Error("thrown by the program");
  }, plan.throwsAfterMs);
console.log(await call);
if (plan.asksAtTheEnd) console.log(`then: ${await ask("more? ")}`);
if (plan.readsInput) console.log(`read ${readFileSync(0).length} bytes`);
await client.close();
