/** Writes keystone-auth.json: whole or not at all, and over nothing that the person has not given up. */
import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { codeOf, EnvironmentError } from "../../errors.js";
import { ignoringErrors } from "../../node/files/private-file.js";
import { usage } from "../arguments.js";

/** Others may read it: it holds no secret. None but its owner may write, or it would not be used. */
const MODE = 0o644;

/** Also of a link to nothing. */
export const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * @throws ConfigurationError (`configuration`) where there is a file by now that may not be replaced
 * @throws EnvironmentError (`environment`) where it cannot be written
 */
export function writeConfigFile(path: string, settings: object, mayReplace: boolean): void {
  const content = `${JSON.stringify(settings, undefined, 2)}\n`;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    if (!mayReplace) return writeFileSync(path, content, { flag: "wx", mode: MODE });
    writeFileSync(temporary, content, { flag: "wx", mode: MODE });
    renameSync(temporary, path);
  } catch (error) {
    ignoringErrors(() => rmSync(temporary, { force: true }));
    if (codeOf(error) === "EEXIST" && !mayReplace) throw exists(path);
    throw new EnvironmentError(`${path} could not be written (${codeOf(error) ?? "unknown fault"}).`);
  }
}

export const exists = (path: string) =>
  usage("--config", `${path} exists, and nothing was written. Remove it, or name another file with --config.`);
