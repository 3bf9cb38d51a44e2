/** Prints what homedir() and tokenDirectory() give. Arguments, all optional: a uid to become, a working directory to go to and remove, the option. */
import { rmdirSync } from "node:fs";
import { homedir } from "node:os";
import { tokenDirectory } from "../../../src/node/token-directory.js";

const [uid, gone, option] = process.argv.slice(2);
if (uid) process.setuid?.(Number(uid));
if (gone) {
  process.chdir(gone);
  rmdirSync(gone);
}
let home: string;
try {
  home = homedir();
} catch {
  home = "throws";
}
console.log(home, tokenDirectory(option, process.env, homedir));
