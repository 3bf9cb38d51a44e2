/** What a browser gives to secure contexts only. */
import { EnvironmentError } from "../errors.js";

/** @throws EnvironmentError (`environment`) where the page is no secure context, before anything is sent */
export function requireWebCrypto(): void {
  if (globalThis.crypto?.subtle as SubtleCrypto | undefined) return;
  throw new EnvironmentError(
    "Web Crypto is missing: this page is no secure context. Serve it over https, or http from localhost. The session is as it was.",
  );
}
