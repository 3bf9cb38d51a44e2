/** The end of the app: what was sent to the provider is stored before the process ends. */
import { app } from "electron";

/**
 * A pending login has to give its port and lock back, and the answer to a refresh token that was sent must not be lost: the app
 * waits for both, then quits.
 */
export function quitOnceClosed(client) {
  let isClosed = false;
  app.on("before-quit", (event) => {
    if (isClosed) return;
    event.preventDefault();
    void client.close().finally(() => {
      isClosed = true;
      app.quit();
    });
  });
}
