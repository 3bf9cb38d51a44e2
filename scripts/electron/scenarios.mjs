/** What is tried in a real Electron. Each is a play in the application's main process, and what is to be seen from outside. */
import { DOCUMENTS } from "./scenarios/documents.mjs";
import { ENDINGS } from "./scenarios/endings.mjs";
import { KEYCHAINS } from "./scenarios/keychains.mjs";
import { LOGINS } from "./scenarios/logins.mjs";
import { PRELOADS } from "./scenarios/preloads.mjs";
import { WINDOWS } from "./scenarios/windows.mjs";

export const SCENARIOS = [...LOGINS, ...WINDOWS, ...DOCUMENTS, ...PRELOADS, ...ENDINGS, ...KEYCHAINS];
