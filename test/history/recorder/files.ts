/**
 * Notes what a process reads and writes of the records in a directory, by the calls of `node:fs` that the file store makes
 * through the module's own object. They are synchronous, so that nothing of the same thread comes between call and note:
 * a change has landed, at the latest, when it is noted, and was noted to begin before.
 *
 * One watch a thread, since the calls are the thread's. Not to be seen from here: which of two processes was first where both changed a record in the same microseconds without
 * its lock (a sign-out's `put` and `delete`), and what an `lstat` has told: whoever looks at that alone has read nothing.
 */
import fs from "node:fs";
import { basename, dirname } from "node:path";
import { type Notes, storedOf } from "./notes.js";

const RECORD = /^s-[0-9a-f]{64}(\.out)?\.json$/;
const WRITES = fs.constants.O_WRONLY | fs.constants.O_RDWR;
const { openSync, renameSync, unlinkSync } = fs;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
const isMark = (path: string) => basename(path).includes(".out.");

/** The whole content, without moving the file's own place. */
function contentOf(file: number): unknown {
  try {
    const bytes = Buffer.alloc(fs.fstatSync(file).size);
    fs.readSync(file, bytes, 0, bytes.length, 0);
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function contentAt(path: string): unknown {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    return contentOf(file);
  } finally {
    fs.closeSync(file);
  }
}

const full = () => Object.assign(new Error("the disk is full, says the test"), { code: "ENOSPC" });

/**
 * Watches this thread's calls from now on. `nameOf` gives the client that makes one; calls of nobody are not noted. While
 * `isFull` says so, neither a session nor a mark can be written.
 */
export function watchFiles(
  directory: string,
  notes: Notes,
  nameOf: () => string | undefined,
  isFull: () => boolean = () => false,
): void {
  const watched = (path: unknown): path is string =>
    typeof path === "string" && dirname(path) === directory && RECORD.test(basename(path));

  fs.openSync = (path, flags, mode) => {
    const client = nameOf();
    const isRead = watched(path) && (typeof flags !== "number" || (flags & WRITES) === 0);
    const open = () => openSync(path, flags, mode);
    return isRead && client !== undefined ? read(notes, client, path, open) : open();
  };
  fs.renameSync = (from, to) => {
    const client = nameOf();
    const run = () => {
      if (watched(to) && isFull()) throw full();
      renameSync(from, to);
    };
    if (watched(to) && client !== undefined) change(notes, client, to, contentAt(String(from)), run);
    else run();
  };
  fs.unlinkSync = (path) => {
    const client = nameOf();
    const run = () => unlinkSync(path);
    // A mark that is swept says nothing any more.
    if (watched(path) && client !== undefined && !isMark(path)) change(notes, client, path, undefined, run);
    else run();
  };
}

/** What is read is what the file holds when it is opened: a change puts another file in its place. */
function read(notes: Notes, client: string, path: string, open: () => number): number {
  const number = notes.next();
  const tell = (value: unknown) =>
    isMark(path)
      ? notes.note({ what: "readMark", client, read: number, mark: (value as { id?: string } | undefined)?.id })
      : notes.note({ what: "read", client, read: number, stored: storedOf(value) });
  notes.note({ what: "asks", client, read: number });
  try {
    const file = open();
    tell(contentOf(file));
    return file;
  } catch (error) {
    if (codeOf(error) === "ENOENT") tell(undefined);
    else notes.note({ what: "refused", client, doing: "read" });
    throw error;
  }
}

/** Does a change of a record between two notes of it; without a value it is deleted. */
function change(notes: Notes, client: string, path: string, value: unknown, run: () => void): void {
  const happening = isMark(path)
    ? ({ what: "marked", client, mark: String((value as { id?: string }).id) } as const)
    : ({ what: "landed", client, stored: storedOf(value), before: storedOf(contentAt(path)) } as const);
  notes.note(happening, { step: "begins" });
  try {
    run();
  } catch (error) {
    notes.note(happening, { step: "fails" });
    if (codeOf(error) !== "ENOENT") notes.note({ what: "refused", client, doing: value ? "write" : "delete" });
    throw error;
  }
  notes.note(happening);
}
