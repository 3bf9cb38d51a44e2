/** What to do about a request that got no answer: by the code that Node has for it, and by the proxies of the environment. */
import type { RequestFault } from "../../protocol/fetch.js";
import { isSince, proxyAdvice, proxyUse, proxyVariable, type Runtime, thisRuntime } from "./proxies.js";

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
    "The certificate is signed by nobody whom Node knows: name your organisation's CA file in NODE_EXTRA_CA_CERTS",
  ],
  [
    /^ERR_SSL_|^EPROTO$/,
    "What answers there does not speak TLS as Node does: check the port of the option issuer, and the proxy.",
  ],
];

/** `undefined` where the code says nothing of a certificate. */
export function certificateHint(causeCode = "", version = process.version): string | undefined {
  const hint = CERTIFICATES.find(([codes]) => codes.test(causeCode))?.[1];
  if (hint?.endsWith("NODE_EXTRA_CA_CERTS") !== true) return hint;
  return `${hint}${knowsSystemAuthorities(version) ? ", or set NODE_USE_SYSTEM_CA=1 where this system trusts it" : ""}.`;
}

/** Since when NODE_USE_SYSTEM_CA adds the authorities of the system. The option --use-system-ca came some versions before. */
export const knowsSystemAuthorities = (version: string): boolean =>
  isSince(version, [
    [22, 19],
    [24, 6],
  ]);

/** What is said of a fault of Node's own fetch. */
export function networkHint({ causeCode, url, isLate }: RequestFault, runtime = thisRuntime()): string | undefined {
  const hint = certificateHint(causeCode, runtime.version);
  if (hint !== undefined) return hint;
  const proxy = proxyHint(url, runtime);
  return isLate || proxy === undefined ? proxy : `Try again when the network is back. ${proxy}`;
}

function proxyHint(url: string, runtime: Runtime): string | undefined {
  const name = proxyVariable(url, runtime.env);
  const use = proxyUse(runtime);
  if (name === undefined || use === "own") return undefined;
  if (use === "unused")
    return `${name} is set and was not used: if the provider is reached through a proxy only, ${proxyAdvice(name, runtime)}`;
  return /^all_proxy$/i.test(name) ? undefined : `The request goes through the proxy of ${name}: see that it answers.`;
}
