/** Several windows, several persons, several instances of one app. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../world.mjs";

const TOKEN_SECONDS = 4;

const events = (told) => told.map((each) => each.join(" ")).join(", ");

export const WINDOWS = [
  {
    name: "two windows",
    says: "both have one session: a login and a sign-out in one are told in the other",
    run: async (world) => {
      const { told, areSame, ...end } = await world.play("together");
      must(areSame, "They have two tokens");
      must(end.revocation === "done" && end.refused === "signed_out", "The sign-out went otherwise", end);
      for (const each of told)
        must(
          events(each) === "restored signed_out , signed_in signed_in alice, signed_out signed_out ",
          "A window was told otherwise",
          each,
        );
    },
  },
  {
    name: "another user",
    says: "signIn({ loginHint, prompt }) in one window: both go over to the other user",
    run: async (world) => {
      const { told, isAnother, who, opened } = await world.play("anotherUser");
      const { searchParams } = new URL(opened[1]);
      must(searchParams.get("prompt") === "login", "The options did not arrive", searchParams.get("prompt"));
      must(isAnother && who === "bob", "It went otherwise", { isAnother, who });
      for (const each of told) must(events(each).endsWith("user_changed signed_in bob"), "Told otherwise", each);
    },
  },
  {
    name: "session at once",
    says: "when signIn() or signOut() comes back, `session` has changed already (20 times each)",
    run: async (world) => {
      const { seen } = await world.play("atOnce");
      must(seen.join(" ") === "signed_in signed_out ".repeat(20).trim(), "It came later", seen);
    },
  },
  {
    name: "two instances",
    says: "two instances of the app with an expired token make one refresh",
    run: async (world) => {
      const provider = await world.startRealProvider({ ttl: { accessTokenSeconds: TOKEN_SECONDS } });
      try {
        await expireAndTake(world, provider);
      } finally {
        await provider.close();
      }
    },
  },
];

async function expireAndTake(world, provider) {
  const home = world.home();
  const { token } = await world.play("signInAndQuit", { home, provider });
  const line = join(home, "line");
  const start = () => world.open({ play: "takeAtLine", home, provider, env: { LINE: line } });
  const instances = [start(), start()];
  await Promise.all([...instances.map((each) => each.tells("isReady")), sleep(TOKEN_SECONDS * 1000)]);
  const before = provider.refreshPosts;
  writeFileSync(line, "");
  const tokens = await Promise.all(instances.map(async (each) => (await each.end()).token));
  must(tokens[0] === tokens[1] && tokens[0] !== token, "They have other tokens", { token, tokens });
  must(provider.refreshPosts - before === 1, "They made another number of refreshes", provider.refreshPosts - before);
}
