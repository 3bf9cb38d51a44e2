/** What is said of a certificate that Node does not take. NF-11 has the same with real ones. */
import { expect, test } from "vitest";
import { certificateHint } from "../../../src/node/network/hint.js";

test.each([
  ["ERR_TLS_CERT_ALTNAME_INVALID", /another host/],
  ["HOSTNAME_MISMATCH", /another host/],
  ["CERT_HAS_EXPIRED", /clock.*renew/],
  ["CERT_NOT_YET_VALID", /clock/],
  ["CERT_REVOKED", /revoked/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /NODE_EXTRA_CA_CERTS/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", /NODE_EXTRA_CA_CERTS/],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /NODE_EXTRA_CA_CERTS/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", /port/],
])("%s", (code, says) => {
  expect(certificateHint(code)).toMatch(says);
});

test.each([undefined, "ECONNREFUSED", "ENOTFOUND", "ECONNRESET"])("%s says nothing of a certificate", (code) => {
  expect(certificateHint(code)).toBeUndefined();
});
