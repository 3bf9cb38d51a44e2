/** Several windows, several persons, several instances. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { tell, until } from "../senses.mjs";
import { firstWindow, inPage, openAnother, toldIn, valueInPage, whenSettled } from "../windows.mjs";

const fingerprint = (token) => createHash("sha256").update(token).digest("hex").slice(0, 16);
const signIn = (window, options = {}) =>
  valueInPage(window, (client, _sdk, given) => client.signIn(given).then(() => client.session.status), {
    args: [options],
    isGesture: true,
  });
const takeToken = (window) => valueInPage(window, (client) => client.getAccessToken({ interaction: "never" }));

/** Two windows with a client of the play in each. */
async function twoWindows() {
  const one = await firstWindow();
  const two = await openAnother();
  await whenSettled(two);
  for (const window of [one, two]) {
    await valueInPage(window, () => undefined);
    await whenTold(window, "restored");
  }
  return [one, two];
}

const whenTold = (window, reason) =>
  until(async () => (await toldIn(window)).some(([told]) => told === reason), `a window is told ${reason}`);

export async function together() {
  const [one, two] = await twoWindows();
  await signIn(one);
  await whenTold(two, "signed_in");
  const tokens = [await takeToken(one), await takeToken(two)];
  const { errors, revocation } = await valueInPage(two, (client) => client.signOut());
  await whenTold(one, "signed_out");
  const { error } = await inPage(one, (client) => client.getAccessToken({ interaction: "never" }));
  const told = [await toldIn(one), await toldIn(two)];
  return { areSame: tokens[0] === tokens[1], revocation, errors, refused: error?.reason, told };
}

export async function anotherUser() {
  const [one, two] = await twoWindows();
  await signIn(one);
  await whenTold(two, "signed_in");
  const before = await takeToken(one);
  await signIn(two, { loginHint: "bob", prompt: "login" });
  await whenTold(one, "user_changed");
  const after = await takeToken(one);
  const who = await valueInPage(one, (client) => client.getIdTokenClaims());
  return { isAnother: before !== after, who: who.sub, told: [await toldIn(one), await toldIn(two)] };
}

/** What `session` says in the very turn in which a call has come back. */
export async function atOnce() {
  const window = await firstWindow();
  const seen = [];
  for (let round = 0; round < 20; round += 1) {
    seen.push(await signIn(window));
    seen.push(await valueInPage(window, (client) => client.signOut({ local: true }).then(() => client.session.status)));
  }
  return { seen };
}

export async function signInAndQuit() {
  const window = await firstWindow();
  await signIn(window);
  return { token: fingerprint(await takeToken(window)) };
}

/** Waits at the start line that the script opens, then takes its token. */
export async function takeAtLine() {
  const window = await firstWindow();
  await valueInPage(window, () => undefined);
  tell({ isReady: true });
  await until(() => existsSync(process.env.LINE), "the start line is open");
  return { token: fingerprint(await takeToken(window)) };
}
