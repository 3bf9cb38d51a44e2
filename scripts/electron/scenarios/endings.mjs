/** The app quits while something is under way: nothing of it is lost, nothing stays behind. */
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { must } from "../world.mjs";

const QUICK_MS = 3000;
const WAYS = { quit: "app.quit()", close: "closing the last window", SIGTERM: "SIGTERM" };

async function mustBeFree(port) {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
}

/** Plays to the end of the app, which comes by itself. Gives how long that took. */
async function playToEnd(world, play, home, env) {
  const run = world.open({ play, home, env });
  await run.tells("isEnding");
  const began = performance.now();
  await run.end();
  return { ms: performance.now() - began, opened: run.opened };
}

const whileLogin = (how, whose, play, env) => ({
  name: `EL-02 ${whose}, ${how}`,
  says: `${WAYS[how]} while a ${whose} is pending: soon over, port and lock are given back, the next start signs in`,
  run: async (world) => {
    const home = world.home();
    const { ms, opened } = await playToEnd(world, play, home, { HOW: how, ...env });
    must(ms < QUICK_MS, "The app took its time", ms);
    await mustBeFree(Number(new URL(new URL(opened[0]).searchParams.get("redirect_uri")).port));
    const left = readdirSync(home, { recursive: true }).filter((name) => name.endsWith(".lock"));
    must(left.length === 0, "There is a lock left", left);
    const { who } = await world.play("byClick", { home });
    must(who === "Signed in as alice.", "The next start does not sign in", who);
  },
});

const whileSent = (what, play, how) => ({
  name: `EL-02 ${what}, ${how}`,
  says: `SE-26 ${WAYS[how]} while the answer to a ${what} is on its way: it is stored, and the next start has the session`,
  run: async (world) => {
    const home = world.home();
    await playToEnd(world, play, home, { HOW: how });
    const { subject, opened } = await world.play("stored", { home });
    must(subject === "alice" && opened.length === 0, "The session is lost", subject);
  },
});

export const ENDINGS = [
  ...Object.keys(WAYS).map((how) => whileLogin(how, "window's login", "quitWhileLogin", {})),
  whileLogin("quit", "login of main", "quitWhileOwnLogin", { APP: "own", MODE: "plain" }),
  ...Object.keys(WAYS).map((how) => whileSent("refresh", "quitWhileRefresh", how)),
  whileSent("code", "quitWhileCode", "quit"),
];
