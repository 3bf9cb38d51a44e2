/** Pages that go away, pages that come, and pages that are nobody's business. */
import { connect } from "node:net";
import { once } from "node:events";
import { session } from "electron";
import { answers, opened, until } from "../senses.mjs";
import { firstWindow, inPage, openAnother, valueInPage, whenSettled } from "../windows.mjs";

const isAborted = ({ answer }) => answer?.error?.code === "aborted";
const abortedCalls = (method) => answers.filter((each) => each.method === method && isAborted(each)).length;

async function isFree(port) {
  const socket = connect(port, "127.0.0.1");
  const outcome = once(socket, "connect").then(
    () => false,
    () => true,
  );
  return await outcome.finally(() => socket.destroy());
}

const LEAVINGS = {
  reload: (window) => window.webContents.reload(),
  navigate: (window) => window.loadURL("data:text/html,gone").catch(() => {}),
  crash: (window) => window.webContents.forcefullyCrashRenderer(),
  close: (window) => window.close(),
  destroy: (window) => window.destroy(),
};

/** A login is under way in a page, nobody signs in, and the page goes: the login ends with it, and another one works. */
export async function leave() {
  const kept = await firstWindow();
  const window = await openAnother();
  await whenSettled(window);
  inPage(window, (client) => client.signIn({ loginHint: "nobody" }), { isGesture: true }).catch(() => {});
  await until(() => opened.length === 1, "the browser is opened");
  const port = Number(new URL(opened[0].searchParams.get("redirect_uri")).port);
  const wasTaken = !(await isFree(port));
  LEAVINGS[process.env.HOW](window);
  await until(() => abortedCalls("signIn") === 1, "the login of the page that went is aborted");
  await until(() => isFree(port), "its port is free");
  await valueInPage(kept, (client) => client.signIn(), { isGesture: true });
  const status = await valueInPage(kept, (client) => client.session.status);
  return { wasTaken, status };
}

const LOADS = 20;

/** Each new page asks as soon as it is there; the one before it had a login under way. */
export async function reloads() {
  const window = await firstWindow();
  await valueInPage(window, (client) => client.signIn(), { isGesture: true });
  const outcomes = [];
  for (let round = 0; round < LOADS; round += 1) {
    const before = opened.length;
    inPage(window, (client) => client.signIn({ loginHint: "nobody" }), { isGesture: true }).catch(() => {});
    await until(() => opened.length > before, "the old page's login is under way");
    const isThere = once(window.webContents, "dom-ready");
    window.webContents.reload();
    await isThere;
    const asked = inPage(window, async (client) => {
      const told = new Promise((resolve) => client.on("session", resolve));
      return [typeof (await client.getAccessToken()), (await told).reason];
    });
    const { value, error } = await asked;
    await whenSettled(window);
    outcomes.push(error?.code ?? value.join(" "));
  }
  await until(() => abortedCalls("signIn") === LOADS, "each old call is aborted");
  return { outcomes, aborted: answers.filter(isAborted).length };
}

/** Calls the bridge itself, as a page would that has no client of ours. */
const RAW = `(async () => {
  globalThis.heard = [];
  keystoneAuthBridge.listen("default", (event) => heard.push(event));
  const answers = [];
  for (const method of ["subscribe", "getTokenSet", "getIdTokenClaims", "signOut"])
    answers.push(await keystoneAuthBridge.call("default", method, {}).answer);
  return answers.map(({ ok, error }) => (ok ? "served" : error.option));
})()`;

export async function strangers() {
  const own = await firstWindow();
  await valueInPage(own, (client) => client.signIn(), { isGesture: true });
  const told = {};
  const windows = [];
  for (const url of [process.env.ISSUER, "data:text/html,stranger", "file:///proc/version"]) {
    const window = await openAnother({}, url);
    told[url.replace(/:.*/s, "")] = await window.webContents.executeJavaScript(RAW);
    windows.push(window);
  }
  await valueInPage(own, (client) => client.getAccessToken({ forceRefresh: true }));
  await valueInPage(own, (client) => client.signOut());
  const heard = await Promise.all(windows.map((each) => each.webContents.executeJavaScript("heard.length")));
  return { told, heard };
}

/** A page of the app's own origin that shows two frames, each with the preload script. */
export async function subframes() {
  const own = await firstWindow();
  await valueInPage(own, (client) => client.signIn(), { isGesture: true });
  const frames = session.fromPartition("frames");
  const page = '<iframe src="app://bundle/inner"></iframe><iframe src="app://other/inner"></iframe>';
  frames.protocol.handle("app", ({ url }) => {
    const body = new URL(url).pathname === "/index.html" ? page : "inside";
    return new Response(body, { headers: { "content-type": "text/html" } });
  });
  const window = await openAnother({ session: frames, nodeIntegrationInSubFrames: true });
  const inside = await until(() => {
    const { frames: all } = window.webContents.mainFrame;
    return all.length === 2 && all.every(({ url }) => url.endsWith("/inner")) ? all : undefined;
  }, "both frames are there");
  const told = [];
  for (const frame of inside) told.push(await frame.executeJavaScript(RAW));
  return { top: (await window.webContents.executeJavaScript(RAW)).slice(0, 3), inside: told };
}
