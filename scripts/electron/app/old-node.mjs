/** The same of the main process. */
import "./old-runtime.mjs";
import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";

if (globalThis.crypto === undefined) Object.defineProperty(globalThis, "crypto", { value: webcrypto });
process.getBuiltinModule ??= createRequire(__filename);
// The package asks for its lowest Node by number.
Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });
