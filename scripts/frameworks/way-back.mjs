/** A person follows a link into the app, signs in, and is shown what the link is for; then goes on, back and forward. */
import { setTimeout as sleep } from "node:timers/promises";
import { isClean, shows, watchAnswer, watchFaults } from "./looks.mjs";
import { throughProvider } from "./person.mjs";

export async function wayBack({ enters: { path, heading } }, { context, origin }) {
  const page = await context.newPage();
  const answer = watchAnswer(page, origin);
  const isSound = watchFaults(page);
  await throughProvider(page, origin, "alice", async () => await page.goto(origin + path));
  const at = (route) => origin + (path.startsWith("/#") ? `/#${route}` : route);
  const report = { heading, address: origin + path, greeting: "Hello, alice." };
  const other = { heading: "Other", address: at("/other") };
  await shows("after the login", page, report);
  // A router that was slower than the exchange may write its address only now.
  await sleep(2500);
  const steps = {
    "some time after the login": [async () => {}, report],
    "after a further navigation": [async () => await page.getByRole("link", { name: "Other" }).click(), other],
    "after back": [async () => await page.goBack(), report],
    "after forward": [async () => await page.goForward(), other],
    "on the start page": [
      async () => await page.getByRole("link", { name: "Start" }).click(),
      { heading: "Start", address: at("/") },
    ],
  };
  for (const [when, [act, wanted]] of Object.entries(steps)) {
    await act();
    await shows(when, page, wanted);
    await isClean(when, page, answer());
  }
  isSound();
}
