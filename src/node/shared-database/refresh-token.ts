/**
 * The refresh token that the row had last. A neighbour's renewal whose answer brings none writes nothing over the one that was
 * there, although that still serves: this process goes on with it, and its next renewal puts it back.
 */
import { isSessionRecord } from "../../session/record-format.js";
import type { Row } from "./database.js";
import type { Notes } from "./notes.js";
import { type Holder, holderOf, isSameHolder, nameOfRow, nameOfToken, type Wanted } from "./row-session.js";

export class LastRefreshToken {
  #last:
    | {
        readonly token: string;
        readonly holder: Holder | undefined;
        /** Which row the notes were on then: what one of ours has stored since counts as it is. */
        readonly notesOn: string | undefined;
      }
    | undefined;

  /** The row as it was read or written, and which row the notes are on. */
  learn(row: Row | undefined, notesOn: string | undefined): void {
    const token = row?.refresh_token;
    this.#last = row && token ? { token, holder: holderOf(row), notesOn } : undefined;
  }

  /** The session of a row, with the token where a neighbour has left it out of the same person's session. */
  completes(row: Row, record: unknown, notes: Notes | undefined, wanted: Wanted): unknown {
    const last = this.#last;
    if (row.refresh_token || notes?.row === nameOfRow(row)) {
      this.learn(row, notes?.row);
      return record;
    }
    if (last === undefined || !isSameHolder(last.holder, holderOf(row)) || !isSessionRecord(record, wanted))
      return record;
    // What one of ours has stored since may be the same one, where the provider gives one for good.
    const isLast = last.notesOn === notes?.row || notes?.tokens?.includes(nameOfToken(last.token)) === true;
    return isLast ? { ...record, refreshToken: last.token } : record;
  }
}
