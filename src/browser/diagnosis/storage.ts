/** Whether the browser gives a page what its session needs: a store, news between tabs, locks. */
import { failed, type Finding, ok, skipped, warning } from "../../client/diagnosis.js";
import { ownStoreFinding } from "../../client/stored-checks.js";
import type { BrowserConfig } from "../../options/config.js";
import { isFramedByOthers } from "../page.js";

/** A database and names of the diagnosis' own: the session's are left alone. */
const PROBE = "keystone-auth.diagnosis";

const isOfPageAlone = ({ noCache, storage }: BrowserConfig): boolean => noCache || storage === "memory";

export async function storageFinding(config: BrowserConfig): Promise<Finding> {
  if (isOfPageAlone(config)) return skipped("The session is in this page's memory and ends with it (option storage).");
  if (typeof config.storage === "object") return await ownStoreFinding(config.storage);
  const isTab = config.storage === "session";
  try {
    await (isTab ? tryTabStorage() : tryIndexedDb());
  } catch {
    const what = isTab ? "sessionStorage" : "IndexedDB";
    const found = `This browser gives the page no ${what} (a private window, or storage is blocked): the session is in memory and ends with the page.`;
    return failed(found, "Allow storage for this page, or open it in an ordinary window.");
  }
  if (isTab) return ok("sessionStorage can be written: the session is this tab's alone.");
  if (typeof document !== "undefined" && isFramedByOthers()) {
    const found =
      "This page stands in a frame of another site: browsers give it a store apart from that of its own tabs, or for a while only.";
    return warning(found, "Open it in a tab of its own, or expect a session of its own in the frame.");
  }
  return ok(
    `IndexedDB can be written. Every script of ${location.origin} can read it, and no other origin's. ${await lifetime()}`,
  );
}

async function lifetime(): Promise<string> {
  const isKept = await navigator.storage?.persisted?.().catch(() => false);
  if (isKept) return "The browser keeps it until it is deleted.";
  return "The browser may delete it when space runs short, Safari also after seven days without a visit; a person then signs in again.";
}

async function tryTabStorage(): Promise<void> {
  sessionStorage.setItem(PROBE, "written");
  const found = sessionStorage.getItem(PROBE);
  sessionStorage.removeItem(PROBE);
  if (found !== "written") throw new Error("it kept nothing");
}

function tryIndexedDb(): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(PROBE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("probe");
    opening.onerror = () => reject(new Error("it cannot be opened"));
    opening.onsuccess = () => {
      const writing = opening.result.transaction("probe", "readwrite");
      const end = (settle: () => void) => {
        opening.result.close();
        const deleting = indexedDB.deleteDatabase(PROBE);
        deleting.onsuccess = settle;
        deleting.onerror = settle;
        deleting.onblocked = settle;
      };
      writing.oncomplete = () => end(resolve);
      writing.onabort = () => end(() => reject(new Error("it cannot be written")));
      writing.objectStore("probe").put("written", "key");
    };
  });
}

/** A channel must bring to one end what was said at another. */
const NEWS_MS = 1000;

export async function channelFinding(config: BrowserConfig): Promise<Finding> {
  if (isOfPageAlone(config)) return skipped("Not needed: nobody else shares a session in memory.");
  const found =
    "This browser gives the page no working BroadcastChannel: what another tab does is noticed after a second.";
  try {
    const [here, there] = [new BroadcastChannel(PROBE), new BroadcastChannel(PROBE)];
    const hasCome = await new Promise<boolean>((resolve) => {
      there.onmessage = () => resolve(true);
      here.postMessage("hello");
      setTimeout(() => resolve(false), NEWS_MS);
    });
    here.close();
    there.close();
    return hasCome ? ok("What one tab does is told to the others (BroadcastChannel).") : warning(found);
  } catch {
    return warning(found);
  }
}

export async function lockFinding(config: BrowserConfig): Promise<Finding> {
  if (isOfPageAlone(config)) return skipped("Not needed: nobody else shares a session in memory.");
  try {
    await navigator.locks.request(PROBE, { ifAvailable: true }, async () => {});
    return ok("One tab at a time renews the session (Web Locks).");
  } catch {
    const found =
      "This browser gives the page no Web Locks: two tabs may renew the session at the same moment, and one of them may have to sign in again.";
    return warning(found, "Serve the page over https, or http from localhost, and allow storage for it.");
  }
}
