/** The package's entries, by `require` and by `import`. It is put beside the installed package. */
import { createRequire } from "node:module";
import * as imported from "keystone-auth";
// A server that renders pages imports this one.
import * as ofPages from "keystone-auth/browser";
import * as ofNode from "keystone-auth/node";

const required = createRequire(import.meta.url)("keystone-auth");

for (const { OidcClient } of [required, imported, ofNode, ofPages])
  if (typeof OidcClient !== "function") throw new Error("An entry has no OidcClient.");
if (imported.OidcClient !== ofNode.OidcClient || imported.OidcClient !== required.OidcClient)
  throw new Error("The entries have classes of their own.");
