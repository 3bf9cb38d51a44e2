/** A screen that nobody sees, for the windows of the whole run. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** `{ name, close }`: what `DISPLAY` has to be, and its end. */
export async function openDisplay() {
  const args = ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
  const server = spawn("Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const ended = once(server, "exit");
  const [number] = await Promise.race([
    once(server.stdio[3].setEncoding("utf8"), "data"),
    ended.then(() => Promise.reject(new Error("Xvfb has ended without opening a display."))),
  ]);
  const close = async () => {
    server.kill();
    await ended;
  };
  return { name: `:${number.trim()}`, close };
}
