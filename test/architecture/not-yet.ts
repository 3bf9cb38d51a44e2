/** Breaches that are known and will be repaired: the lists may only shrink, and go with the last of them. */
export const FLOORS_NOT_YET: readonly string[] = [
  "src/protocol/token-endpoint.ts imports src/session/public-view.ts",
  "src/session/session-key.ts imports src/client/platform.ts",
  "src/session/session-view.ts imports src/client/platform.ts",
];
export const CIRCLES_NOT_YET: readonly string[] = [
  "src/protocol/client-authentication.ts and src/protocol/confidential-client.ts",
  "src/client/machinery.ts and src/client/token-renewal.ts and src/client/token-source.ts",
  "src/node/pages/product-page.ts and src/node/pages/template.ts",
  "src/cli/file-values.ts and src/cli/given.ts and src/cli/settings.ts",
  "src/node/encrypted/safe-storage-keychain.ts and src/node/encrypted/wrapped-key.ts",
];
