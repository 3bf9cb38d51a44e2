/**
 * What others weigh: the tarball and its files as npm has them, and the code of a page that makes their client (esbuild, minified, brotli, all
 * parts). Measured on 2026-11-30.
 */
export const PEERS = [
  { name: "oidc-client-ts", version: "3.5.0", packed: 342_195, unpacked: 1_731_915, page: 15_482 },
  { name: "@auth0/auth0-spa-js", version: "2.28.3", packed: 1_310_928, unpacked: 5_505_400, page: 54_721 },
  { name: "@azure/msal-browser", version: "5.30.0", packed: 2_611_464, unpacked: 14_929_192, page: 65_828 },
];
