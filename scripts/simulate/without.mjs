/**
 * The guards that `npm run simulate -- --without NAME` takes away: by a port that does not do it, or by a change of the
 * source while it is bundled. Each text has to be there exactly once, so that no guard is taken away in name only.
 */

/**
 * @typedef {object} Change
 * @property {string} file
 * @property {string} replace
 * @property {string} by
 */

/**
 * @typedef {object} Guard
 * @property {string} finds what the checker says without it, as a pattern
 * @property {string} [missing] what a port of the simulation does not do
 * @property {Change[]} [changes]
 */

const SENT = "refresh token is sent";
const OVER = "is written over";

/** @type {Record<string, Guard>} */
export const GUARDS = {
  lock: { finds: SENT, missing: "lock" },
  "read-again": {
    finds: SENT,
    changes: [
      {
        file: "src/session/refresh.ts",
        replace: "    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {\n",
        by: "    const before = await this.session.readStored();\n    (request as any).before = () => before;\n    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {\n",
      },
      {
        file: "src/session/refresh.ts",
        replace: "      const record = await this.session.readStored();\n      const since",
        by: "      const record = attempt === 1 ? (request as any).before() : await this.session.readStored();\n      const since",
      },
    ],
  },
  compare: {
    finds: OVER,
    changes: [
      {
        file: "src/session/store.ts",
        replace: "return this.#put(next, (current) => sameState(current, expected));",
        by: "return this.#put(next, () => true);",
      },
    ],
  },
  "keep-token": {
    finds: SENT,
    changes: [
      {
        file: "src/protocol/token-endpoint.ts",
        replace: 'if (typeof next !== "string" || next === "") throw failure;',
        by: "throw failure;",
      },
    ],
  },
  "retry-write": {
    finds: "is (not|still) stored",
    changes: [
      {
        file: "src/session/refused-changes.ts",
        replace: "    if (pending === undefined) return;\n    try {",
        by: "    return;\n    try {",
      },
    ],
  },
  "sign-out-mark": {
    finds: "a sign-out is undone",
    changes: [
      {
        file: "src/session/store.ts",
        replace: "const mayMark = !this.#stored.isNewer;",
        by: "const mayMark = false;",
      },
    ],
  },
  "still-held": {
    finds: SENT,
    changes: [
      {
        file: "src/session/refresh.ts",
        replace: 'if (!hold.stillHeld()) unsent = new LostLock("lost");\n      else if',
        by: "if",
      },
    ],
  },
  "record-id": {
    finds: OVER,
    changes: [{ file: "src/session/record.ts", replace: "a?.id === b?.id && a?.refreshToken", by: "a?.refreshToken" }],
  },
};
