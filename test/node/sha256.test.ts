import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256 } from "../../src/node/sha256.js";

test("gives what OpenSSL gives, for every length around the block and for text beyond ASCII", () => {
  const texts = Array.from({ length: 200 }, (_, length) => "x".repeat(length));
  for (const text of [...texts, "ключ 鍵 🔑", "a".repeat(10_000)]) {
    expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
  }
});
