/** The least that a tool with a stored token does: reads the file and prints what is in it. `node read-json.mjs FILE`. */
import { readFileSync } from "node:fs";

process.stdout.write(JSON.parse(readFileSync(process.argv[2], "utf8")).accessToken);
