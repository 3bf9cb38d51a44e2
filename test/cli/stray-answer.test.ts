/** An error redirect that may be anybody's, while the command waits: the person reads it once. */
import { expect, it } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();

it("TM-14 login tells of an error redirect without state once", async () => {
  const world = theWorld();
  const login = world.start(["login"]);
  const address = await world.addressOf(login);
  const redirectUri = new URL(address).searchParams.get("redirect_uri") ?? "";
  expect((await fetch(`${redirectUri}/?error=invalid_scope`)).status).toBe(400);
  await world.provider.authorize(address);
  expect((await login.ended).stderr.match(/An answer without this sign-in's state came/g)).toHaveLength(1);
});
