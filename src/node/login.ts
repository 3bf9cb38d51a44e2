/**
 * How a person signs in from a Node program: loaded when that is needed. `login-way.ts` decides by the surroundings which way it
 * goes, `login-turn.ts` waits for another program's sign-in.
 */
import type { LoginAttempt } from "../client/platform.js";
import type { NodeConfig } from "../options/config.js";
import type { SessionRecord } from "../token-set.js";
import { readEnvironment } from "./browser-choice.js";
import { LoginPrompt, type Surroundings } from "./login-prompt.js";
import { loginInTurn } from "./login-turn.js";
import { chooseLoginWay, type LoginWay, nobodyHere } from "./login-way.js";

/** Signs a person in, or takes the session that another program has begun meanwhile. */
export async function nodeLogin(
  config: NodeConfig,
  attempt: LoginAttempt,
  surroundings: Surroundings,
): Promise<SessionRecord> {
  const { log, loginTimeoutMs } = config;
  const prompt = new LoginPrompt(config, surroundings);
  return await loginInTurn(attempt, {
    loginTimeoutMs,
    say: (text) => prompt.say(text),
    onAdopted: () => log.info("another process has signed in meanwhile; its session is used"),
    signIn: async (own, lead) => {
      prompt.startWith(lead);
      return await signIn(config, own, prompt);
    },
  });
}

async function signIn(config: NodeConfig, attempt: LoginAttempt, prompt: LoginPrompt): Promise<SessionRecord> {
  const way = chooseLoginWay(config, readEnvironment());
  config.log.info(`the sign-in goes ${TOLD[way.by]}${way.reason === undefined ? "" : `: ${way.reason}`}`);
  if (way.by !== "device") return await goBy(way, config, attempt, prompt);
  // Most logins need none of it.
  const { deviceIfAny, deviceLogin, startDevice } = await import("./device-login.js");
  if (way.otherwise === undefined) return await deviceLogin(await startDevice(attempt), attempt, prompt, way.reason);
  const device = await deviceIfAny(attempt);
  if ("refused" in device) return await goBy(way.otherwise, config, attempt, prompt, device.refused);
  return await deviceLogin(device, attempt, prompt, way.reason);
}

/** For one log line. */
const TOLD = { browser: "by a browser", address: "by an address", device: "by a device code", nobody: "no way" };

async function goBy(
  way: LoginWay,
  config: NodeConfig,
  attempt: LoginAttempt,
  prompt: LoginPrompt,
  refused?: string,
): Promise<SessionRecord> {
  if (way.by !== "browser" && way.by !== "address") throw nobodyHere(config, way.reason ?? "", refused);
  const { browserLogin } = await import("./browser-login.js");
  return await browserLogin(config, attempt, prompt, way);
}
