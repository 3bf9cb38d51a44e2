/** The address of a sign-in, for a person whose browser did not open: on Linux Electron does not know of it. */
import { clipboard, dialog } from "electron";

/** Offers it until somebody has signed in, or the person closes the box. */
export function offerAddress(url, client) {
  const over = new AbortController();
  const stop = client.on("session", () => over.abort());
  const box = {
    message: "Sign in in your browser.",
    detail: "If it does not open, copy the address and open it yourself.",
    buttons: ["Close", "Copy the address"],
    cancelId: 0,
    signal: over.signal,
  };
  dialog
    .showMessageBox(box)
    .then(({ response }) => response === 1 && clipboard.writeText(url))
    .finally(stop);
}
