/** Breaches that are known and will be repaired: the lists may only shrink, and go with the last of them. */
export const FLOORS_NOT_YET: readonly string[] = [];
export const CIRCLES_NOT_YET: readonly string[] = [
  "src/node/pages/product-page.ts and src/node/pages/template.ts",
  "src/node/encrypted/safe-storage-keychain.ts and src/node/encrypted/wrapped-key.ts",
];
