/**
 * The guards that `npm run simulate -- --without NAME` takes away: by a port that does not do it, or by a change of the
 * source while it is bundled. Each text has to be there exactly once, so that no guard is taken away in name only.
 *
 * @typedef {{ file: string, replace: string, by: string }} Change
 * @type {Record<string, { missing: string } | { changes: Change[] }>}
 */
export const GUARDS = {
  lock: { missing: "lock" },
  "read-again": {
    changes: [
      {
        file: "src/session/refresh.ts",
        replace: "    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {\n",
        by: "    const before = await this.session.readStored();\n    (request as any).before = () => before;\n    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {\n",
      },
      {
        file: "src/session/refresh.ts",
        replace: "      const record = await this.session.readStored();\n      if (record && this.session.satisfies",
        by: "      const record = attempt === 1 ? (request as any).before() : await this.session.readStored();\n      if (record && this.session.satisfies",
      },
    ],
  },
  compare: {
    changes: [
      {
        file: "src/session/store.ts",
        replace: 'const applied = expected === "any" || sameState(current, expected);',
        by: "const applied = true;",
      },
    ],
  },
  "keep-token": {
    changes: [
      {
        file: "src/protocol/token-endpoint.ts",
        replace: 'if (typeof next !== "string" || next === "") throw failure;',
        by: "throw failure;",
      },
    ],
  },
  "retry-write": {
    changes: [
      {
        file: "src/session/store.ts",
        replace: "    if (pending === undefined) return;\n    try {",
        by: "    return;\n    try {",
      },
    ],
  },
  "still-held": {
    changes: [{ file: "src/session/refresh.ts", replace: "if (!hold.stillHeld()) return LOST_LOCK;", by: "" }],
  },
  "record-id": {
    changes: [{ file: "src/session/record.ts", replace: "a?.id === b?.id && a?.refreshToken", by: "a?.refreshToken" }],
  },
};

/** Guards that the sources do not have yet. */
export const TO_COME = ["sign-out-mark"];
