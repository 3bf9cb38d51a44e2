/** Settings from the configuration file. */
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { ConfigFile } from "./config-file.js";
import type { Given } from "./given.js";

/** A relative directory is meant from the file, wherever the command runs; `~/` is the home directory. */
export function fromFile({ path, content }: ConfigFile): Given {
  const { storageDirectory } = content;
  const sources = Object.fromEntries(Object.keys(content).map((key) => [key, `file ${path}`]));
  if (storageDirectory === undefined) return { options: content, sources };
  const directory = /^~[/\\]/.test(storageDirectory)
    ? join(homedir(), storageDirectory.slice(2))
    : resolve(dirname(path), storageDirectory);
  return { options: { ...content, storageDirectory: directory }, sources };
}
