/** What a browser gives to secure contexts only. */
import { EnvironmentError } from "../errors.js";

/** @throws EnvironmentError (`environment`) where the page is no secure context, before anything is sent */
export function requireWebCrypto(): void {
  if (globalThis.crypto?.subtle as SubtleCrypto | undefined) return;
  throw new EnvironmentError(
    "Web Crypto is missing, since this page is not a secure context. Serve it over https, or over http from localhost. " +
      "Nothing was sent and the session is as it was.",
  );
}
