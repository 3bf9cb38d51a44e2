/** What the file of a record holds. The file store knows files; a format knows what is in them. */
import { StorageError } from "../../errors.js";
import type { Change } from "../../ports.js";

/** The largest file of a record. */
export const MOST_BYTES = 1024 * 1024;

/** What a file's bytes mean, or what is wrong with them: a predicate for the message, without any content. */
export type Decoded = { readonly value: unknown } | { readonly problem: string };

export interface FileFormat {
  /** How the names of its files end. Two formats never share one, so that neither reads or replaces what the other wrote. */
  readonly extension: ".json" | ".sealed";
  /** @throws StorageError (`unavailable`) for what cannot be stored */
  encode(key: string, value: unknown): string;
  /** Rejects with StorageError where the bytes may be good and cannot be read now. */
  decode(key: string, bytes: Buffer): Decoded | Promise<Decoded>;
}

/** A change that deletes also where it sees no record deletes whatever is there. */
export const deletesAnyway = (change: Change): boolean => {
  const answer = change(undefined);
  return answer !== undefined && "delete" in answer;
};

/** The JSON of a value. @throws StorageError (`unavailable`) for what is none */
export function toJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new StorageError("unavailable", "Only plain JSON can be stored.", { retryable: false });
  return json;
}

/** A file's content. @throws StorageError (`unavailable`) where it could not be read back */
export function withinBounds(content: string): string {
  if (Buffer.byteLength(content) <= MOST_BYTES) return content;
  throw new StorageError("unavailable", "The record is larger than 1 MiB, so it is not stored.", { retryable: false });
}

/** The record as it is, for the owner of the file to read. */
export const jsonFormat: FileFormat = {
  extension: ".json",
  encode: (_key, value) => withinBounds(`${toJson(value)}\n`),
  decode: (_key, bytes) => {
    try {
      return { value: JSON.parse(bytes.toString("utf8")) as unknown };
    } catch {
      // The parser's message quotes the content.
      return { problem: "is not a stored session" };
    }
  },
};
