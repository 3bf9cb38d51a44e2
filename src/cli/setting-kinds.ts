/** What the values of settings are: how a flag or variable writes one, and what the file may hold. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { nearest } from "../options/names.js";
import { OidcFlow } from "../options/options.js";
import { readRequired } from "./required-flags.js";

/** What a value of a setting is. */
export interface Kind {
  /** What a value must be: the end of a refusal. */
  readonly wanted: string;
  /** Whether the file may hold this value. */
  readonly fits: (value: unknown) => boolean;
  /** The value that the text of a flag or variable stands for; `undefined` where it stands for none. */
  readonly read?: (text: string) => unknown;
  /** The flag may be repeated; its texts are joined. */
  readonly repeats?: true;
  /** What joins them. [a blank] */
  readonly separator?: string;
  /** The flag takes no value. */
  readonly isSwitch?: true;
  /** The values that there are, where they can be counted. */
  readonly choices?: readonly string[];
  /** What a value of the file stands for, by the file's directory. [itself] */
  readonly readFromFile?: (value: string, directory: string) => unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";
const split = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

export const text: Kind = {
  wanted: "a string that is not empty",
  fits: isText,
  read: (value) => (isText(value) ? value : undefined),
};
export const words: Kind = {
  wanted: "a list of strings",
  fits: (value) => Array.isArray(value) && value.every(isText),
  read: split,
  repeats: true,
};
const choice = (choices: readonly string[]): Kind => ({
  wanted: `one of ${choices.join(", ")}`,
  fits: (value) => choices.includes(value as string),
  read: (value) => (choices.includes(value) ? value : undefined),
  choices,
});
export const flow = choice([...new Set(Object.values(OidcFlow))]);
export const storage = choice(["file", "encrypted-file", "shared-database", "memory"]);
export const withoutKeychain = choice(["fail", "memory", "plain-file"]);
export const authentication = choice(["auto", "basic", "post"]);
export const seconds: Kind = {
  wanted: "a number of seconds",
  fits: (value) => typeof value === "number" && value >= 0,
  read: (value) => (/^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined),
};
export const bytes: Kind = { wanted: "a number of bytes", fits: (value) => typeof value === "number" && value >= 0 };
export const yesOrNo: Kind = {
  wanted: "true or false",
  fits: (value) => typeof value === "boolean",
  read: (value) => (value === "true" ? true : value === "false" ? false : undefined),
  isSwitch: true,
};
/** In a file a relative one is meant from the file, wherever the command runs. */
export const directory: Kind = {
  ...text,
  readFromFile: (path, from) => {
    if (/^~[/\\]/.test(path)) return join(homedir(), path.slice(2));
    // Refused later, by what it is in the file.
    return path.startsWith("~") ? path : resolve(from, path);
  },
};
export const parameters: Kind = {
  wanted: "an object of strings",
  fits: (value) => isObject(value) && Object.values(value).every((each) => typeof each === "string"),
};
/** A value may hold blanks, and no argument holds a NUL. */
export const claims: Kind = {
  wanted: "claims by their names, each with its value or none",
  fits: isObject,
  read: (value) => readRequired(value.split("\0")),
  repeats: true,
  separator: "\0",
};
export const loopback: Kind = {
  wanted: "an object with host, ports and path, each optional",
  fits: (value) => isObject(value) && Object.keys(value).every((key) => ["host", "ports", "path"].includes(key)),
};
export const ports: Kind = {
  wanted: "a port number, 0 to 65535",
  fits: () => false,
  read: (value) => {
    const found = split(value);
    const isPort = (port: string) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
    return found.length > 0 && found.every(isPort) ? found.map(Number) : undefined;
  },
  repeats: true,
};

/** What a value must be, for the end of a refusal, and which one was meant. The value itself is not repeated. */
export function wantedOf({ wanted, choices = [] }: Kind, value: unknown): string {
  const near = typeof value === "string" ? nearest(value, choices) : undefined;
  return near === undefined ? `must be ${wanted}.` : `must be ${wanted}. Do you mean ${near}?`;
}
