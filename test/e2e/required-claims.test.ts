/** `requiredClaims` in a page: a licence as a claim. */
import { afterEach, expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { inOneBrowser, leaveAndReturn, outcome, ready } from "./support/world.js";

const CALL = "return typeof await client.getAccessToken({ interaction: 'allowed' });";
const FORCED = "return typeof await client.getAccessToken({ forceRefresh: true });";
const TWENTY = `const ends = [];
  for (let call = 0; call < 20; call += 1) ends.push(await client.getAccessToken().then(() => "given", (error) => error.claim));
  return [...new Set(ends)];`;
const LACKS = { ok: false, error: { code: "token_validation", claim: "edition" } };
const GIVEN = { ok: true, value: "string" };

inOneBrowser("a licence as a claim", (world) => {
  const grant = () => {
    world.provider.settings.editAccessToken = (claims) => ({ ...claims, edition: ["pro"] });
  };
  afterEach(() => {
    world.provider.settings.editAccessToken = undefined;
    world.provider.settings.refreshTokens = "always";
  });
  const reload = async (tab: Tab) => {
    await tab.reload();
    await ready(tab);
  };
  const status = (tab: Tab) => tab.run("return client.session.status;");

  it("a login without it is stored and told, the page is not left again, and 20 calls are one request", async () => {
    world.configure({ requiredClaims: { edition: "pro" } });
    const tab = await world.open("/page");
    await leaveAndReturn(tab);
    expect(await outcome(tab, CALL)).toMatchObject(LACKS);
    expect(await status(tab)).toBe("signed_in");
    expect(await outcome(tab, TWENTY)).toEqual({ ok: true, value: ["edition"] });
    expect(world.provider.ledger.count("authorize")).toBe(1);
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
    // A page that begins with the stored token looks once, too.
    await reload(tab);
    expect(await outcome(tab, TWENTY)).toEqual({ ok: true, value: ["edition"] });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(2);
    grant();
    expect(await outcome(tab, FORCED)).toEqual(GIVEN);
    world.provider.ledger.clear();
    await reload(tab);
    expect(await outcome(tab, CALL)).toEqual(GIVEN);
    expect(await outcome(tab, TWENTY)).toEqual({ ok: true, value: ["given"] });
    expect(world.provider.ledger.count()).toBe(0);
  });

  it("signIn() that comes back without it: the person is signed in, and the page does not leave again", async () => {
    world.configure({ requiredClaims: { edition: "pro" } });
    const tab = await world.open("/page");
    await leaveAndReturn(tab, "return await client.signIn();");
    await until("the session is known", async () => (await status(tab)) === "signed_in");
    expect(await outcome(tab, CALL)).toMatchObject(LACKS);
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  it("without a refresh token a silent sign-in looks for it, once, and no person is asked", async () => {
    world.provider.settings.refreshTokens = "never";
    world.configure({ requiredClaims: { edition: "pro" }, silentLogin: true });
    const tab = await world.open("/page");
    expect(await outcome(tab, CALL)).toMatchObject(LACKS);
    expect(await outcome(tab, TWENTY)).toEqual({ ok: true, value: ["edition"] });
    expect(world.provider.ledger.count("authorize")).toBe(2);
    grant();
    await reload(tab);
    expect(await outcome(tab, CALL)).toEqual(GIVEN);
    expect(world.provider.ledger.count("authorize")).toBe(3);
    expect(await tab.url()).toBe(`${world.app.origin}/page`);
  });
});
