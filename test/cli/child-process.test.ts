/** The signals of `exec` where the system lacks some: by a child process that refuses them as Windows does. */
import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { passOn, signalsOf } from "../../src/cli/child-process.js";

/** A stand-in: Node on Windows throws ENOSYS for all but these. */
function windowsChild() {
  const sent: (string | number | undefined)[] = [];
  const kill = (signal?: NodeJS.Signals | number) => {
    const known = [undefined, "SIGINT", "SIGTERM", "SIGKILL", "SIGQUIT"];
    if (!known.includes(signal as string | undefined))
      throw Object.assign(new Error("kill ENOSYS"), { code: "ENOSYS" });
    sent.push(signal);
    return true;
  };
  return { kill, sent };
}

describe("CM-04 On Windows (by a stand-in of its child processes)", () => {
  it.each(["SIGHUP", "SIGBREAK", "SIGUSR1"] as const)("the command ends by %s, which cannot be sent", (signal) => {
    const child = windowsChild();
    passOn(child, signal);
    expect(child.sent).toEqual([undefined]);
  });

  it("a signal that can be sent is sent", () => {
    const child = windowsChild();
    passOn(child, "SIGINT");
    expect(child.sent).toEqual(["SIGINT"]);
  });

  it("nobody listens for a signal that the system does not have, and SIGBREAK is one where it does", () => {
    const ofWindows = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15, SIGBREAK: 21, SIGKILL: 9 };
    expect(signalsOf(ofWindows)).toEqual(["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]);
    expect(signalsOf(constants.signals)).toEqual(
      expect.arrayContaining(process.platform === "win32" ? ["SIGBREAK"] : ["SIGUSR1", "SIGUSR2", "SIGQUIT"]),
    );
  });
});
