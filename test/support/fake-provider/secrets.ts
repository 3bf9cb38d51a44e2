/** Every secret that passes through the fake provider, so that a test can look for them where they must not be. */
import { randomBytes } from "node:crypto";

/** Stands in every opaque secret that the provider makes. */
export const CANARY = "CANARY";

// Shorter ones occur by chance in any text: a test's `state=x` must not make every "x" a leak.
const SHORTEST = 8;

/** Makes and remembers secrets. */
export class SecretVault {
  readonly #seen = new Set<string>();

  /** A new random secret with the marker in it. */
  mint(kind: string): string {
    return this.note(`${CANARY}-${kind}-${randomBytes(24).toString("base64url")}`);
  }

  /** Remembers a secret that was received or made elsewhere. Of a JWT the claims and the signature count by themselves. */
  note(value: string): string {
    if (value.length < SHORTEST) return value;
    this.#seen.add(value);
    const parts = value.split(".");
    if (parts.length === 3 && value.startsWith("eyJ")) {
      for (const part of parts.slice(1)) if (part.length >= SHORTEST) this.#seen.add(part);
    }
    return value;
  }

  all(): string[] {
    return [...this.#seen];
  }
}

const SECRET_FIELDS = [
  "code",
  "state",
  "nonce",
  "code_verifier",
  "refresh_token",
  "access_token",
  "id_token_hint",
  "token",
  "device_code",
  "client_secret",
] as const;

/** Remembers whatever in a request is secret. */
export function noteRequest(
  vault: SecretVault,
  parameters: readonly URLSearchParams[],
  authorization: string | undefined,
): void {
  for (const list of parameters) {
    for (const field of SECRET_FIELDS) for (const value of list.getAll(field)) vault.note(value);
  }
  const [scheme, credentials] = (authorization ?? "").split(" ");
  if (credentials === undefined || credentials === "") return;
  if (scheme?.toLowerCase() === "basic") {
    vault.note(credentials);
    const password = Buffer.from(credentials, "base64").toString("utf8").split(":").slice(1).join(":");
    vault.note(password);
  } else {
    vault.note(credentials);
  }
}
