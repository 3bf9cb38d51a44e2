/**
 * `lock-server.ts` on another platform, by a stand-in: `process.platform` says what the second argument says, and nothing
 * else changes. Arguments: directory, platform.
 */
Object.defineProperty(process, "platform", { value: process.argv[3] });
await import("./lock-server.js");
