/** What `npm pack` would put into the tarball, of the build that is there. */
import { execFileSync } from "node:child_process";

/** The names of the files, and the bytes of the tarball and of all files. */
export function packedFiles() {
  const shell = process.platform === "win32";
  const arguments_ = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [{ files, size, unpackedSize }] = JSON.parse(execFileSync("npm", arguments_, { encoding: "utf8", shell }));
  return { names: files.map(({ path }) => path), packed: size, unpacked: unpackedSize };
}
