/**
 * The shape of a product, as a set of departures from the fake provider, which stands in for it: the product itself is not
 * asked. Each shape follows public documentation, source or issues of its product.
 */
import type { OidcClientOptions } from "../../src/node/index.js";
import type { Claims, FakeProvider, FakeProviderOptions, PublishedKey } from "../support/fake-provider.js";

export interface Shape {
  readonly product: string;
  readonly special: string;
  readonly provider?: FakeProviderOptions;
  /** The issuer, where it is not the address of the provider. */
  readonly issuer?: (provider: FakeProvider) => string;
  /** What the metadata says otherwise; `undefined` takes a member away. */
  readonly metadata?: (provider: FakeProvider) => Record<string, unknown>;
  /** [absent] The `iss` of the authorization response (RFC 9207). */
  readonly iss?: "announced" | "sent" | "absent";
  /** Further parameters of the authorization response. */
  readonly response?: Readonly<Record<string, string>>;
  /** Changes the members of a good answer of the token endpoint in place. */
  readonly answer?: (members: Claims, grantType: string) => void;
  /** Changes the claims of an ID Token in place. */
  readonly idToken?: (claims: Claims, grantType: string) => void;
  readonly accessToken?: (claims: Claims, grantType: string) => void;
  /** Changes the key set in place. */
  readonly keys?: (keys: PublishedKey[]) => void;
  readonly arrange?: (provider: FakeProvider) => void;
  readonly client?: (provider: FakeProvider) => Partial<OidcClientOptions>;
  /** ["refresh"] How a forced renewal goes: by the refresh token, or by a login, since the product gives none. */
  readonly renewal?: "refresh" | "login";
  readonly signOut?: {
    readonly params?: Record<string, string>;
    /** ["done"] */
    readonly revocation?: "done" | "unsupported" | "failed";
    /** ["opened"] */
    readonly providerSession?: "opened" | "unsupported";
  };
  /** Claims that the program must see. */
  readonly claims?: Claims;
  /** A shape that the rules refuse. */
  readonly refused?: {
    /** ["login"] */
    readonly at?: "login" | "refresh";
    readonly error: Readonly<Record<string, unknown>>;
    readonly why: string;
  };
}

export const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

/** Names that the metadata lack. */
export const lacking =
  (...names: readonly string[]) =>
  (): Record<string, unknown> =>
    Object.fromEntries(names.map((name) => [name, undefined]));

export const adding = (members: Claims) => (target: Claims) => void Object.assign(target, members);

export const removing =
  (...names: readonly string[]) =>
  (target: Claims) => {
    for (const name of names) delete target[name];
  };

/** Does one after the other. */
export const both =
  (...edits: readonly ((target: Claims, grantType: string) => void)[]) =>
  (target: Claims, grantType: string) => {
    for (const edit of edits) edit(target, grantType);
  };

/** Does it in the answer to a refresh alone. */
export const whenRefreshed =
  (edit: (target: Claims, grantType: string) => void) => (target: Claims, grantType: string) => {
    if (grantType === "refresh_token") edit(target, grantType);
  };

/** An access token that its API alone can verify. */
export const UNVERIFIABLE = { accessTokenSigning: { tamper: "signature" } } as const;

/** A refresh token that lasts: a refresh brings no other. */
export const LASTING = { rotateRefreshTokens: false } as const;

export const NO_SIGN_OUT = { revocation: "unsupported", providerSession: "unsupported" } as const;
export const REVOCATION_ONLY = { providerSession: "unsupported" } as const;
export const PAGE_ONLY = { revocation: "unsupported" } as const;
