/** File systems of a test's own: a small disk that can be filled and made read-only. Only root can mount one. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, type TestContext } from "vitest";
import { useScratchDirectories } from "../../support/scratch.js";

/** Gives functions that mount; everything is unmounted after the test. */
export function useMounts() {
  const scratch = useScratchDirectories();
  const mounts: string[] = [];
  afterEach(() => {
    for (const directory of mounts.splice(0).reverse()) execFileSync("umount", ["-l", directory]);
  });
  const mount = (context: TestContext, args: readonly string[]) => {
    if (process.geteuid?.() !== 0) context.skip("only root can mount a file system");
    const directory = scratch();
    try {
      execFileSync("mount", [...args, directory], { stdio: "pipe" });
    } catch {
      context.skip("no file system can be mounted here");
    }
    mounts.push(directory);
    return directory;
  };
  return {
    /** A disk for a dozen files. */
    smallDisk: (context: TestContext, size = "nr_inodes=16") =>
      mount(context, ["-t", "tmpfs", "-o", `${size},mode=700`, "tmpfs"]),
    /** The same directory once more, read-only, as a container has it. */
    readOnlyView: (context: TestContext, source: string) => {
      const view = mount(context, ["--bind", source]);
      execFileSync("mount", ["-o", "remount,ro,bind", view]);
      return view;
    },
  };
}

export const remount = (disk: string, how: "ro" | "rw") => execFileSync("mount", ["-o", `remount,${how}`, disk]);

/** Takes all space for files of `bytes` bytes, and gives the function that frees it. */
export function fill(disk: string, bytes = 0): () => void {
  const files: string[] = [];
  expect(() => {
    for (;;) {
      const file = join(disk, `filler${files.length}`);
      files.push(file);
      writeFileSync(file, Buffer.alloc(bytes));
    }
  }).toThrow(expect.objectContaining({ code: "ENOSPC" }));
  return () => {
    for (const file of files) rmSync(file, { force: true });
  };
}
