/** The OpenID provider: it knows each refresh token that it gave, what was done with it, and why a session ended. */
import { createHash } from "node:crypto";
import { signatureOf } from "./web-crypto.js";
import type { World } from "./world.js";

export const ISSUER = "https://id.example";
export const CLIENT_ID = "app";
export const SCOPES = ["openid", "offline_access"];
/** How long a replaced token is still taken, where there is a grace period. */
const GRACE_MS = 10_000;

interface Family {
  readonly number: number;
  readonly person: string;
  readonly login: number;
  latest: number;
  accesses: number;
  rotatedAt: number;
  isOver: boolean;
}

/** What an answer with tokens is like. */
interface Details {
  readonly nonce?: string;
  readonly login?: number;
  readonly isForeign?: boolean;
  readonly isUnproven?: boolean;
}

/** A code that a person's answer brought. */
interface Grant {
  readonly login: number;
  readonly person: string;
  readonly nonce: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const refusal = (error: string): Answer => ({ status: 400, body: { error } });

const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  revocation_endpoint: `${ISSUER}/revoke`,
  jwks_uri: `${ISSUER}/keys`,
};

export class Provider {
  /** Whether the key set cannot be had. */
  keysAreDown = false;
  readonly #families: Family[] = [];
  readonly #tokens = new Map<string, { family: Family; number: number }>();
  readonly #grants = new Map<string, Grant>();
  #key = 1;

  constructor(private readonly world: World) {}

  metadata(): Answer {
    return { status: 200, body: METADATA };
  }

  keys(): Answer {
    if (this.keysAreDown) return { status: 503, body: {} };
    const key = {
      kty: "EC",
      crv: "P-256",
      use: "sig",
      alg: "ES256",
      kid: `k${this.#key}`,
      x: coordinate(`key ${this.#key}`),
      y: coordinate("y"),
    };
    return { status: 200, body: { keys: [key] } };
  }

  rotateKeys(): void {
    this.#key += 1;
  }

  /** A person agrees: gives the code. */
  grant(login: number, person: string, nonce: string): string {
    const code = `code${login}`;
    this.#grants.set(code, { login, person, nonce });
    return code;
  }

  /** The sessions that can still be refreshed. */
  get living(): readonly Family[] {
    return this.#families.filter(({ isOver }) => !isOver);
  }

  end(family: Family, why: "reuse" | "revoked" | "own reason"): void {
    if (family.isOver) return;
    family.isOver = true;
    this.world.tell({ what: "ended", family: family.number, why });
  }

  token(request: number, form: URLSearchParams): Answer {
    if (form.get("grant_type") === "authorization_code") return this.#exchange(request, form.get("code") ?? "");
    const known = this.#tokens.get(form.get("refresh_token") ?? "");
    const family = known?.family;
    if (!known || !family || family.isOver) return this.#refuse(request, "invalid_grant", family);
    if (known.number === family.latest || this.#isInGrace(family, known.number)) return this.#refresh(request, family);
    this.end(family, "reuse");
    return this.#refuse(request, "invalid_grant", family);
  }

  revoke(form: URLSearchParams): Answer {
    const known = this.#tokens.get(form.get("token") ?? "");
    if (known) this.end(known.family, "revoked");
    return { status: 200, body: {} };
  }

  #isInGrace({ latest, rotatedAt }: Family, number: number): boolean {
    const isNear = this.world.time - rotatedAt <= GRACE_MS;
    return this.world.plan.rotation === "grace" && number === latest - 1 && isNear;
  }

  #exchange(request: number, code: string): Answer {
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    if (!grant) return this.#refuse(request, "invalid_grant");
    const { person, login, nonce } = grant;
    const number = this.#families.length + 1;
    const family: Family = { number, person, login, latest: 0, accesses: 0, rotatedAt: 0, isOver: false };
    this.#families.push(family);
    return this.#issue(request, family, { nonce, login });
  }

  #refresh(request: number, family: Family): Answer {
    const { isFaulty, plan, choices } = this.world;
    const mayGoWrong = isFaulty && plan.bringsIdToken;
    const wrong = mayGoWrong ? choices.weighted([100, 2, 0.5]) : 0;
    return this.#issue(request, family, { isUnproven: wrong === 1, isForeign: wrong === 2 });
  }

  #issue(request: number, family: Family, { nonce, login, isForeign, isUnproven }: Details): Answer {
    const { plan, time } = this.world;
    const isOneTime = plan.rotation !== "lasting";
    const isNew = isOneTime || family.latest === 0;
    if (isNew) family.latest += 1;
    family.accesses += 1;
    family.rotatedAt = time;
    const refresh = plan.repeatsRefreshToken ? `lasting-${family.person}` : `f${family.number}r${family.latest}`;
    if (isNew) this.#tokens.set(refresh, { family, number: family.latest });
    const access = `f${family.number}a${family.accesses}`;
    const { number, person } = family;
    const facts = { family: number, person, scopes: SCOPES, refresh, isOneTime, access, lifetimeMs: plan.lifetimeMs };
    const kind = {
      ...(login !== undefined && { login }),
      ...(isForeign && { isForeign }),
      ...(isUnproven && { isUnproven }),
    };
    this.world.tell({ what: "acted", request, answer: "tokens", ...facts, ...kind });
    const hasIdToken = nonce !== undefined || plan.bringsIdToken;
    const body = {
      access_token: access,
      token_type: "Bearer",
      expires_in: plan.lifetimeMs / 1000,
      scope: SCOPES.join(" "),
      ...(isNew && { refresh_token: refresh }),
      ...(hasIdToken && { id_token: this.#idToken(isForeign ? `not-${person}` : person, nonce, isUnproven) }),
    };
    return { status: 200, body };
  }

  #refuse(request: number, error: string, family?: Family): Answer {
    this.world.tell({ what: "acted", request, answer: error, ...(family && { family: family.number }) });
    return refusal(error);
  }

  #idToken(sub: string, nonce: string | undefined, isUnproven = false): string {
    const iat = Math.floor(wallOf(this.world.time) / 1000);
    const claims = { iss: ISSUER, aud: CLIENT_ID, sub, iat, exp: iat + 600, ...(nonce !== undefined && { nonce }) };
    const signed = `${encode({ alg: "ES256", kid: `k${this.#key}` })}.${encode(claims)}`;
    const key = isUnproven ? "of a key that nobody knows" : `key ${this.#key}`;
    return `${signed}.${signatureOf(coordinate(key), signed).toString("base64url")}`;
  }
}

/** As long as P-256 wants it: a shorter one is filled up before its import. */
const coordinate = (text: string) => createHash("sha256").update(text).digest("base64url");

const BEGIN = Date.UTC(2026, 0, 1);

/** The wall clock of somebody whose clock is right. */
export const wallOf = (time: number) => BEGIN + time;
