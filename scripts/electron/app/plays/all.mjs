/** The plays by name: each is given what the application's module exports, and runs in its main process. */
import * as documents from "./documents.mjs";
import * as login from "./login.mjs";
import * as own from "./own.mjs";
import * as preloads from "./preloads.mjs";
import * as quitting from "./quitting.mjs";
import * as windows from "./windows.mjs";

export const PLAYS = { ...documents, ...login, ...own, ...preloads, ...quitting, ...windows };
