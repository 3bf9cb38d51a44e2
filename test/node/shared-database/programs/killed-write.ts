/**
 * Writes one session after the other, numbered from FROM on, into the row of a shared database, and prints the number of each
 * that is told as stored. Arguments: DIRECTORY FROM STEP; at that step of the first write it kills itself: "notes" (they
 * are written), "begin" (the transaction has begun), "change" (the row is changed), "commit" (it is committed), or "never".
 */
import { loadSqlite, type OpenConnection } from "../../../../src/node/shared-database/sqlite.js";
import { openRow, sessionWith } from "../records.js";

const [directory = "", from = "", step = ""] = process.argv.slice(2);
const dies = (at: string) => {
  if (at === step) process.kill(process.pid, "SIGKILL");
};

const real = await loadSqlite();
const open: OpenConnection = (path) => {
  const connection = real(path);
  return {
    exec: (sql) => {
      if (sql.startsWith("BEGIN")) dies("notes");
      const result = connection.exec(sql);
      if (sql.startsWith("BEGIN")) dies("begin");
      if (sql === "COMMIT") dies("commit");
      return result;
    },
    prepare: (sql) => {
      const statement = connection.prepare(sql);
      return {
        get: (...values) => statement.get(...values),
        all: () => statement.all(),
        run: (...values) => {
          const result = statement.run(...values);
          dies("change");
          return result;
        },
      };
    },
    close: () => connection.close(),
  };
};

const { store } = openRow(directory, "prizm", 10_000, open);
for (let n = Number(from); ; n += 1) {
  // Some pages of the file, so that a write takes a while.
  await store.update("prizm", () => ({
    value: sessionWith({ n, filling: String(n % 10).repeat(40_000) }, "prizm", `id ${n}`),
  }));
  console.log(n);
}
