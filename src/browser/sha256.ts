import { EnvironmentError } from "../errors.js";

/** SHA-256 in hexadecimal. Rejects with EnvironmentError where the page is no secure context. */
export async function sha256(text: string): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) {
    throw new EnvironmentError(
      "Web Crypto is missing, since this page is not a secure context. Serve it over https, or over http from localhost. " +
        "Nothing was sent and the session is as it was.",
    );
  }
  const digest = await subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
