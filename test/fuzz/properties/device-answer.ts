/** Device authorization answers, and what the token endpoint says while polling. */
import fc from "fast-check";
import { startDeviceFlow } from "../../../src/protocol/device.js";
import { answers, type FuzzedAnswer, goodAnswer, toResponse } from "../answers.js";
import { makeServer, PassingClock, secret, secrets } from "../server.js";
import { judge } from "../judge.js";
import { idTokenClaims, network, sign } from "../provider.js";

const MEMBERS = ["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"];
const correct = {
  device_code: secret.device,
  user_code: "WDJB-MJHT",
  verification_uri: "https://provider.example/activate",
  verification_uri_complete: "https://provider.example/activate?user_code=WDJB-MJHT",
  expires_in: 600,
  interval: 5,
};
const poll = answers(["access_token", "id_token", "token_type", "expires_in", "error"], [secret.device]);
const idToken = sign(idTokenClaims());
/** Nobody waits longer than a day, nor asks more than ten times a second. */
const MOST_POLLS = 86_400 * 10 + 1;

function expectShowable(uri: string): void {
  const url = new URL(uri);
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "") throw new Error(`shows ${uri}`);
}

export function deviceAnswers(outcomes: Map<string, number>): fc.IAsyncProperty<[FuzzedAnswer, FuzzedAnswer[]]> {
  return fc.asyncProperty(answers(MEMBERS, []), fc.array(poll, { maxLength: 4 }), async (answer, polls) => {
    const clock = new PassingClock();
    const waiting = [...polls];
    const good = async () => ({
      access_token: secret.access,
      token_type: "bearer",
      expires_in: 300,
      id_token: await idToken,
    });
    const token = async () => {
      const next = waiting.shift();
      return next ? await toResponse(next, await good(), secret.device) : await goodAnswer(await good());
    };
    const net = network({ token, device: () => toResponse(answer, correct, secret.device) });
    const server = makeServer(net.fetch, clock);
    const { signal } = new AbortController();
    const work = async () => {
      const { prompt, poll: ask } = await startDeviceFlow(server, signal);
      expectShowable(prompt.verificationUri);
      if (prompt.verificationUriComplete !== undefined) expectShowable(prompt.verificationUriComplete);
      if (typeof prompt.userCode !== "string" || !(prompt.expiresInSeconds > 0))
        throw new Error("a prompt without sense");
      return await ask(signal);
    };
    await judge(work, secrets, outcomes);
    if (net.count("token") > Math.min(clock.pauses, MOST_POLLS)) throw new Error("asked without a pause");
  });
}
