/** Keeps the bytes of a record that could not be understood. Loaded only when there is one. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileCalls, removeFile, replacePrivateFile } from "./atomic-file.js";
import { putAsideFilesOf } from "./leftovers.js";

const MOST_KEPT = 3;

/**
 * Writes the bytes that were READ to `PATH.corrupt-HASH` (0600) and leaves the record where it is, for the next write to
 * replace: to rename it could take away a good record that another process has written since the read. The same bytes
 * make one copy, however often they are read; at most 3 copies of a record are kept. Never rejects.
 */
export async function putAside(
  path: string,
  bytes: Uint8Array,
  calls: FileCalls,
): Promise<{ mark: string; kept?: string }> {
  const mark = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const copy = `${path}.corrupt-${mark}`;
  try {
    if (!existsSync(copy)) {
      await replacePrivateFile(copy, bytes, calls);
      for (const old of putAsideFilesOf(path)
        .filter((file) => file !== copy)
        .slice(MOST_KEPT - 1))
        await removeFile(old, calls);
    }
    return { mark, kept: copy };
  } catch {
    return { mark };
  }
}
