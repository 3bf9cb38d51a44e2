/** What an application may do otherwise: a keychain, Chromium's network, windows that are there first. */
import { setTimeout as sleep } from "node:timers/promises";
import { clipboard, dialog, net, safeStorage, shell } from "electron";
import { opened, tell, until } from "../senses.mjs";
import { firstWindow, inPage, loadedWindow, toldIn, valueInPage, whenSettled } from "../windows.mjs";

/** A login, or what is stored, and what safeStorage says of itself. */
export async function keep({ client }) {
  await firstWindow();
  tell({ isAvailable: safeStorage.isEncryptionAvailable(), backend: safeStorage.getSelectedStorageBackend?.() });
  await client.signIn();
  return { token: typeof (await client.getAccessToken({ interaction: "never" })) };
}

export async function take({ client }) {
  await loadedWindow();
  tell({ isAvailable: safeStorage.isEncryptionAvailable(), backend: safeStorage.getSelectedStorageBackend?.() });
  const outcome = client.getAccessToken({ interaction: "never", forceRefresh: true }).then(
    (token) => ({ token: typeof token }),
    ({ code, kind, message, sessionKept }) => ({ error: { code, kind, message, sessionKept } }),
  );
  return await outcome;
}

export async function byNetFetch() {
  let requests = 0;
  const send = net.fetch.bind(net);
  net.fetch = (...request) => {
    requests += 1;
    return send(...request);
  };
  const window = await firstWindow();
  await valueInPage(window, (client) => client.signIn(), { isGesture: true });
  await valueInPage(window, (client) => client.getAccessToken({ forceRefresh: true }));
  const { revocation } = await valueInPage(window, (client) => client.signOut());
  return { requests, revocation };
}

/** The window is there, and listens, some time before it is served. */
export async function serveLate({ serve }) {
  const window = await loadedWindow();
  await valueInPage(window, () => undefined);
  await sleep(1000);
  const before = await toldIn(window);
  serve();
  await until(async () => (await toldIn(window)).length > 0, "the window is told of the session");
  return { before, told: await toldIn(window) };
}

/** What Electron says of an address that no browser opens. */
export async function openNothing() {
  await firstWindow();
  const outcome = shell.openExternal("https://id.example/").then(
    () => "resolves",
    () => "rejects",
  );
  return { outcome: await outcome };
}

/** The example's own way out of it: the person copies the address from the box, which goes when somebody has signed in. */
export async function copyAddress() {
  const window = await firstWindow();
  const show = dialog.showMessageBox;
  const boxes = [];
  dialog.showMessageBox = async (box) => {
    boxes.push(box.message);
    return { response: 1 };
  };
  const signIn = (loginHint) =>
    inPage(window, (client, _sdk, hint) => client.signIn({ loginHint: hint }), { args: [loginHint], isGesture: true });
  signIn("nobody").catch(() => {});
  const { href } = await until(() => opened[0], "the browser is asked for");
  await until(() => clipboard.readText() === href, "the address is in the clipboard");
  window.webContents.reload();
  await whenSettled(window);
  const responses = [];
  dialog.showMessageBox = async (box) => {
    const answer = await show(box);
    responses.push(answer.response);
    return answer;
  };
  await signIn("alice");
  await until(() => responses.length === 1, "the box of the login that went well is closed");
  return { boxes, responses };
}
