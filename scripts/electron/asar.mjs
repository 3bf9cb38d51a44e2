/** An application as one file, as Electron reads it: the sizes, a header in JSON, and the files one after the other. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes the folder into the archive. */
export async function writeAsar(directory, archive) {
  const parts = [];
  let offset = 0;
  const read = async (folder) => {
    const files = {};
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        files[entry.name] = await read(path);
        continue;
      }
      const content = await readFile(path);
      files[entry.name] = { size: content.length, offset: String(offset) };
      offset += content.length;
      parts.push(content);
    }
    return { files };
  };
  const header = pickle(Buffer.from(JSON.stringify(await read(directory))));
  const size = Buffer.alloc(8);
  size.writeUInt32LE(4, 0);
  size.writeUInt32LE(header.length, 4);
  await writeFile(archive, Buffer.concat([size, header, ...parts]));
}

/** A text with the length of all that follows, and its own length, before it; padded to a multiple of four bytes. */
function pickle(text) {
  const padded = Math.ceil(text.length / 4) * 4;
  const bytes = Buffer.alloc(8 + padded);
  bytes.writeUInt32LE(4 + padded, 0);
  bytes.writeUInt32LE(text.length, 4);
  text.copy(bytes, 8);
  return bytes;
}
