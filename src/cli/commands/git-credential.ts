/** `git-credential get|store|erase`: the protocol of gitcredentials(7) and git-credential(1). */
import { readFileSync } from "node:fs";
import { codeOf, EnvironmentError } from "../../errors.js";
import { isLoopback } from "../../options/checks.js";
import { type Arguments, usage } from "../arguments.js";
import { withClient } from "../command-run.js";
import { storedAccessToken } from "../stored-session.js";

const STDIN = 0;

type Request = Readonly<Record<string, string>>;

/**
 * Answers only for the hosts of `--host`: git asks a helper for any server that an address in a repository names, and the
 * token belongs to one. For others it says nothing, and git goes on to its next helper.
 */
export async function gitCredential(args: Arguments): Promise<number> {
  const [operation, more] = args.operands;
  const { host: hosts = [], username = "oauth2" } = args.values;
  if (operation === undefined || more !== undefined) {
    throw usage("git-credential", "git-credential takes one word: get, store or erase.");
  }
  if (hosts.length === 0) throw usage("--host", "git-credential needs --host HOST: the server that may get the token.");
  if (hosts.some((host) => /[/@\s]/.test(host)))
    throw usage(
      "--host",
      "--host takes the host alone, with its port where it has one, as in: --host git.example:8443.",
    );
  // git may add operations; a helper passes over those that it does not know.
  if (operation !== "get" && operation !== "erase") return 0;
  const request = readRequest();
  if (!isMeant(request, hosts)) return 0;
  return await withClient(args, async ({ client, call, print }) => {
    if (operation === "erase") {
      // git says by it that the server refused the token: the next call renews.
      const refused = request.password !== undefined && request.password === (await storedAccessToken(client.config));
      if (refused) await client.destroyAccessToken();
      return 0;
    }
    const mayAsk = process.env.GIT_TERMINAL_PROMPT !== "0";
    const set = await client.getTokenSet(mayAsk ? call : { ...call, interaction: "never" });
    const expiry = Math.floor(set.expiresAt.getTime() / 1000);
    await print(linesOf({ username, password: set.accessToken, password_expiry_utc: String(expiry) }));
    return 0;
  });
}

function readRequest(): Request {
  let text: string;
  try {
    text = readFileSync(STDIN, "utf8");
  } catch (error) {
    throw new EnvironmentError("The request of git could not be read from stdin.", { causeCode: codeOf(error) });
  }
  const lines = text.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

function isMeant({ protocol, host }: Request, hosts: readonly string[]): boolean {
  if (host === undefined || !hosts.some((each) => each.toLowerCase() === host.toLowerCase())) return false;
  const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
  return protocol === "https" || (protocol === "http" && isLoopback(hostname));
}

function linesOf(answer: Request): string {
  const lines = Object.entries(answer).map(([name, value]) => `${name}=${value}`);
  // A line break inside a value would be a line of its own to git.
  if (lines.some((line) => /[\r\n\0]/.test(line))) {
    throw usage("--username", "A user name or token with a line break cannot be given to git.");
  }
  return `${lines.join("\n")}\n`;
}
