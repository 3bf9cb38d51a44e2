import { expect } from "vitest";
import { until } from "./support/driver.js";
import {
  begin,
  ended,
  inEachBrowserOfWideRun,
  leaveAndReturn,
  NOBODY_CLICKS,
  outcome,
  ready,
  signIn,
} from "./support/world.js";

const CALL = "return await client.getAccessToken({ interaction: 'never' });";
const SIGN_OUT = "return await client.signOut({ local: true });";
const signedOut = { ok: false, error: { code: "login_required", reason: "signed_out" } };

inEachBrowserOfWideRun("a sign-out in another tab", (world, itOnce) => {
  // Not in WebKitGTK: a command to a tab that loads waits for it, and holds up the other tab's.
  itOnce(
    "while this tab's person is at the provider: the answer is not exchanged, and nobody is signed in",
    async () => {
      world.configure();
      const [tab, other] = [await world.open("/deep"), await world.open()];
      world.provider.once("authorize", async (exchange) => {
        await outcome(other, SIGN_OUT);
        return await exchange.next();
      });
      await leaveAndReturn(tab);
      expect(await outcome(tab, CALL)).toMatchObject(signedOut);
      expect(await tab.url()).toBe(`${world.app.origin}/deep`);
      expect(world.provider.ledger.count("token")).toBe(0);
      expect(await outcome(other, CALL)).toMatchObject(signedOut);
      await tab.run("await client.getIdTokenClaims();");
      expect(await signIn(await world.open())).toMatch(/^ey/);
    },
  );

  itOnce("while this tab exchanges the code: the token is not given and the session is not stored", async () => {
    world.configure();
    const [tab, other] = [await world.open(), await world.open()];
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      await outcome(other, SIGN_OUT);
      return answer;
    });
    await leaveAndReturn(tab);
    expect(await outcome(tab, CALL)).toMatchObject(signedOut);
    expect(await outcome(await world.open(), CALL)).toMatchObject({ ok: false, error: { reason: "no_session" } });
  });

  itOnce("a background call of this tab opens no login, and a new login in any tab serves all", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    const other = await world.open();
    await outcome(other, CALL);
    await outcome(tab, SIGN_OUT);
    // Whatever a test runs in a page counts as the person's doing for 5 s.
    await begin(other, "await new Promise((done) => setTimeout(done, 5200)); return await client.getAccessToken();");
    await new Promise((done) => setTimeout(done, 5600));
    expect(await ended(other)).toMatchObject(signedOut);
    await leaveAndReturn(tab, "return await client.signIn();");
    const token = await outcome(tab, CALL);
    expect(token).toMatchObject({ ok: true });
    expect(await outcome(other, CALL)).toEqual(token);
  });

  itOnce(
    "SE-12 in this very page, while its address holds an answer: it is not exchanged, and leaves the address",
    async () => {
      const before = `${NOBODY_CLICKS} window.arrived = location.href;`;
      const after = "if (arrived.includes('state=')) client.signOut({ local: true });";
      world.configure({}, { before, after });
      const tab = await world.open("/deep");
      await leaveAndReturn(tab);
      expect(await outcome(tab, "return await client.getAccessToken();")).toMatchObject(signedOut);
      await until("the address is clean", async () => (await tab.url()) === `${world.app.origin}/deep`);
      expect(world.provider.ledger.count("token")).toBe(0);
      // The answer is used up: it does not come back to life in another page.
      await tab.goto(await tab.run<string>("return arrived;"));
      await ready(tab);
      expect(await outcome(tab, CALL)).toMatchObject({ ok: false, error: { code: "login_required" } });
      expect(world.provider.ledger.count("token")).toBe(0);
    },
  );

  itOnce.each([
    ["asks for the metadata", "discovery"],
    ["exchanges the code", "token"],
  ] as const)("SE-12 in this very page, while it %s: nobody is signed in", async (_title, endpoint) => {
    world.configure({}, { before: NOBODY_CLICKS });
    const tab = await world.open("/deep");
    // The page that is back has to ask for it anew.
    world.app.settings.before = `${NOBODY_CLICKS} IDBObjectStore.prototype.get = ((get) => function (key) {
      return get.call(this, String(key).startsWith("p-") ? "nothing" : key); })(IDBObjectStore.prototype.get);`;
    world.provider.once("authorize", async (exchange) => {
      world.provider.once(endpoint, async (next) => {
        await until("it is signed out", async () => (await outcome(tab, SIGN_OUT)).ok);
        return await next.next();
      });
      return await exchange.next();
    });
    await leaveAndReturn(tab);
    expect(await outcome(tab, "return await client.getAccessToken();")).toMatchObject(signedOut);
    expect(world.provider.ledger.count("token")).toBe(endpoint === "token" ? 1 : 0);
    await until("the address is clean", async () => (await tab.url()) === `${world.app.origin}/deep`);
  });
});
