/** The example as a person sees it: its first page, a login in a click and without one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nativeTheme } from "electron";
import { tell } from "../senses.mjs";
import { click, firstWindow, inPage, valueInPage, whenShown } from "../windows.mjs";

const { electron, chrome } = process.versions;
// The number in `versions` may be that of old-node.mjs.
const node = process.version.slice(1);

export async function show() {
  const window = await firstWindow();
  tell({ versions: { electron, chrome, node } });
  return { who: await whenShown(window, "who", /./) };
}

/** Pictures of the window in both schemes, before and after a login. */
export async function pose() {
  const window = await firstWindow();
  await takePictures(window, "signed-out");
  await click(window, "sign-in");
  await whenShown(window, "who", /alice/);
  await click(window, "call");
  await whenShown(window, "result", /^A token of/);
  await takePictures(window, "signed-in");
}

async function takePictures(window, name) {
  for (const scheme of ["light", "dark"]) {
    nativeTheme.themeSource = scheme;
    // The page is painted anew some time after; a picture that comes too early is seen by who looks at it.
    await sleep(500);
    const image = await window.webContents.capturePage();
    await writeFile(join(process.env.PICTURES, `${name}-${scheme}.png`), image.toPNG());
  }
}

export async function byClick() {
  const window = await firstWindow();
  await click(window, "sign-in");
  await whenShown(window, "result", /^Signed in\./);
  const who = await whenShown(window, "who", /alice/);
  await click(window, "call");
  return { who, call: await whenShown(window, "result", /^A token of/) };
}

export async function withoutClick() {
  const window = await firstWindow();
  const call = await inPage(window, (client) => client.getAccessToken());
  const signIn = await inPage(window, (client) => client.signIn());
  return { call: call.error, signIn: signIn.error };
}

/** The session of the start before: neither a click nor a browser is needed. */
export async function stored() {
  const window = await firstWindow();
  const claims = await valueInPage(window, async (client) => {
    await client.getAccessToken({ interaction: "never", forceRefresh: true });
    return await client.getIdTokenClaims();
  });
  return { subject: claims?.sub };
}
