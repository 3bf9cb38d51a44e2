/** What to do about a request that got no answer, by the code that Node has for it. */

/** A wrong certificate may be that of a portal or a proxy, and passes: the error stays one that is worth another try. */
const CERTIFICATES: readonly (readonly [codes: RegExp, hint: string])[] = [
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    "Check this machine's clock; where it is right, the provider's operator has to renew the certificate.",
  ],
  [
    /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    "The certificate is that of another host: check the host of the option issuer; a proxy or a captive portal may stand between.",
  ],
  [/^CERT_REVOKED$/, "The certificate has been revoked: tell the provider's operator."],
  [
    /CERT|SIGNATURE|ISSUER|INVALID_CA/,
    "The certificate is signed by nobody whom Node knows: name your organisation's CA file in NODE_EXTRA_CA_CERTS.",
  ],
  [
    /^ERR_SSL_|^EPROTO$/,
    "What answers there does not speak TLS as Node does: check the port of the option issuer, and the proxy.",
  ],
];

/** `undefined` where the code says nothing of a certificate. */
export function certificateHint(causeCode = ""): string | undefined {
  return CERTIFICATES.find(([codes]) => codes.test(causeCode))?.[1];
}
