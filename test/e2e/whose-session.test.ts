/** Whose tokens a page gives: one person at a time, whatever happens in other tabs. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { inOneBrowser, leaveAndReturn, outcome, ready, signIn } from "./support/world.js";

const CALL = "return await client.getAccessToken();";
const SIGN_IN = "return await client.signIn();";
const CHANGED = { ok: false, error: { code: "login_required", reason: "user_changed" } };

inOneBrowser("whose session it is", (world) => {
  /** Person 1 works in one tab; in another one person 1 signs out, and person 2 signs in. */
  const changeUser = async (): Promise<{ first: Tab; second: Tab }> => {
    const first = await world.open("/one");
    await signIn(first);
    const second = await world.open("/two");
    await outcome(second, "return await client.signOut({ local: true });");
    world.provider.settings.subject = "bob";
    await leaveAndReturn(second, SIGN_IN);
    expect(await outcome(second, "return (await client.getIdTokenClaims()).sub;")).toEqual({ ok: true, value: "bob" });
    return { first, second };
  };
  const reset = () => {
    world.provider.settings.subject = "alice";
  };

  it("PG-10 a tab of person 1 gives nothing of person 2, and ends nothing, until signIn()", async () => {
    world.configure();
    try {
      const { first, second } = await changeUser();
      await until("the first tab knows", () =>
        first.run<boolean | undefined>("return client.session.status === 'user_changed' || undefined;"),
      );
      for (const body of [
        CALL,
        "return await client.getAccessToken({ interaction: 'allowed' });",
        "return await client.getAccessToken({ forceRefresh: true });",
        "return await client.getTokenSet();",
        "return await client.getIdTokenClaims();",
        "return await client.getUserInfo();",
      ])
        expect(await outcome(first, body)).toMatchObject(CHANGED);
      expect(await first.run("return client.session;")).toEqual({ status: "user_changed" });
      expect(await first.run("return events;")).toContain("user_changed");
      expect(await outcome(first, "return await client.signOut();")).toMatchObject({
        ok: true,
        value: { revocation: "skipped", providerSession: "skipped" },
      });
      await outcome(first, "return await client.destroyTokens();");
      expect(await outcome(second, "return await client.getAccessToken({ forceRefresh: true });")).toMatchObject({
        ok: true,
      });
      await leaveAndReturn(first, SIGN_IN);
      expect(await outcome(first, "return (await client.getIdTokenClaims()).sub;")).toEqual({ ok: true, value: "bob" });
    } finally {
      reset();
    }
  });

  it("PG-10 a sign-out that does not yet know of person 2 leaves that session alone", async () => {
    world.configure(
      {},
      { before: "window.BroadcastChannel = class extends EventTarget { postMessage() {} close() {} };" },
    );
    try {
      const { first, second } = await changeUser();
      await outcome(first, "return await client.signOut({ local: true });");
      expect(await outcome(second, "return await client.getAccessToken({ forceRefresh: true });")).toMatchObject({
        ok: true,
      });
    } finally {
      reset();
    }
  });

  it("PG-10 a page that has loaded nothing but its stored token does not give another person's", async () => {
    world.configure({}, { before: "window.requestIdleCallback = () => 0;" });
    try {
      const prepared = await world.open("/one");
      const token = await signIn(prepared);
      await prepared.reload();
      await ready(prepared);
      expect(await outcome(prepared, CALL)).toEqual({ ok: true, value: token });
      const second = await world.open("/two");
      await outcome(second, "return await client.signOut({ local: true });");
      world.provider.settings.subject = "bob";
      await leaveAndReturn(second, SIGN_IN);
      await outcome(second, "return await client.getIdTokenClaims();");
      expect(await outcome(prepared, CALL)).toMatchObject(CHANGED);
    } finally {
      reset();
    }
  });

  it('whenUserChanges "follow" gives person 2\'s token, after the event', async () => {
    world.configure({ whenUserChanges: "follow" });
    try {
      const { first } = await changeUser();
      await until("the first tab knows", () =>
        first.run<boolean | undefined>("return client.session.subject === 'bob' || undefined;"),
      );
      expect(await first.run("return events.at(-1);")).toBe("user_changed");
      expect(await outcome(first, "return (await client.getTokenSet()).idTokenClaims.sub;")).toEqual({
        ok: true,
        value: "bob",
      });
    } finally {
      reset();
    }
  });

  it("a popup login of a call that another person finishes gives nothing until signIn()", async () => {
    world.configure({ loginMode: "popup", popupBlocked: "error" });
    try {
      const tab = await world.open();
      await tab.run("await client.ready;");
      await tab.click("window.first = client.getAccessToken();");
      expect(await until("token", () => tab.run<string | undefined>("return await window.first;"))).toMatch(/^ey/);
      await outcome(tab, "return await client.destroyTokens();");
      world.provider.settings.subject = "bob";
      await tab.click("window.second = client.getAccessToken().catch(({ reason }) => reason);");
      expect(await until("the reason", () => tab.run<string | undefined>("return await window.second;"))).toBe(
        "user_changed",
      );
      await tab.click("window.third = client.signIn().then(() => client.session.subject);");
      expect(await until("the subject", () => tab.run<string | undefined>("return await window.third;"))).toBe("bob");
    } finally {
      reset();
    }
  });
});
