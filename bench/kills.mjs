/** A process that refreshes and writes without pause is killed at any moment: its store must read as the old or the new session. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { programs } from "./setting.mjs";

const KILLS = 15;
/** Some rounds of refreshing and writing. */
const LONGEST_LIFE_MS = 120;

async function killDuringWork(options) {
  const child = spawn(process.execPath, [programs.refreshLoop, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), gone]);
  await sleep(Math.random() * LONGEST_LIFE_MS);
  child.kill("SIGKILL");
  const [, signal] = await gone;
  if (signal !== "SIGKILL") throw new Error("The process that was to be killed had ended by itself.");
}

/** Old: its refresh token is the last that was sent. New: it was never sent. Anything else is neither. */
function whichSession(directory, provider) {
  const [name, ...others] = readdirSync(directory).filter((file) => file.endsWith(".json"));
  if (name === undefined || others.length > 0) return undefined;
  const { refreshToken } = JSON.parse(readFileSync(join(directory, name), "utf8"));
  const sent = [...provider.ledger.postsOfRefreshToken.keys()];
  if (!provider.secrets().includes(refreshToken)) return undefined;
  if (!sent.includes(refreshToken)) return "new";
  return sent.at(-1) === refreshToken ? "old" : undefined;
}

export async function kills({ OidcClient, newSession, provider }) {
  const found = { old: 0, new: 0, neither: 0 };
  let refreshes = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { options } = await newSession({ valid: true });
    await killDuringWork(options);
    refreshes += provider.ledger.count("token", "refresh_token");
    const reader = new OidcClient(options);
    const troubles = [];
    reader.on("storage", ({ error }) => troubles.push(error));
    const claims = await reader.getIdTokenClaims();
    await reader.close();
    const readable = claims?.iss === provider.issuer && troubles.length === 0;
    found[(readable && whichSession(options.storageDirectory, provider)) || "neither"] += 1;
  }
  return [
    {
      what: `${KILLS} SIGKILLs during ${refreshes} refreshes and ${2 * refreshes} writes`,
      measured: `${found.new} new, ${found.old} old`,
      result: `${found.neither} unreadable or lost`,
      target: "always the old or the new session",
      met: found.neither === 0,
    },
  ];
}
