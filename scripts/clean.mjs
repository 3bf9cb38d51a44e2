/** Removes what building and testing leave behind. */
import { rmSync } from "node:fs";

for (const directory of ["build", "dist", "coverage"]) rmSync(directory, { recursive: true, force: true });
