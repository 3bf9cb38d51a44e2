/** What the fake provider remembers about logins: codes, sessions, tokens, device codes, pushed requests. */

/** A login and all tokens that came of it: the "family" that reuse detection kills. */
export interface Session {
  readonly sid: string;
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  readonly resources: readonly string[];
  /** Seconds since the epoch. */
  readonly authTime: number;
  alive: boolean;
}

export interface IssuedCode {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
  readonly expiresAt: number;
  readonly login: Session;
  used: boolean;
}

export interface IssuedRefreshToken {
  readonly session: Session;
  /** Seconds since the epoch; of the first time. */
  usedAt: number | undefined;
}

export interface IssuedAccessToken {
  /** Absent for client_credentials. */
  readonly session: Session | undefined;
  readonly scope: readonly string[];
  readonly expiresAt: number;
  revoked: boolean;
}

export interface IssuedDeviceCode {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly resources: readonly string[];
  readonly expiresAt: number;
  status: "pending" | "approved" | "denied" | "expired" | "used";
  lastPollAt: number | undefined;
}

/** The provider's memory. */
export class ProviderState {
  readonly codes = new Map<string, IssuedCode>();
  readonly refreshTokens = new Map<string, IssuedRefreshToken>();
  readonly accessTokens = new Map<string, IssuedAccessToken>();
  readonly devices: IssuedDeviceCode[] = [];
  readonly pushed = new Map<string, URLSearchParams>();
  /** Those that a grant was given for, oldest first. */
  readonly sessions: Session[] = [];

  /** The device code with this user code; without one, the newest. */
  device(userCode: string | undefined): IssuedDeviceCode {
    const wanted = userCode?.trim().toUpperCase();
    const found = wanted === undefined ? this.devices.at(-1) : this.devices.find((d) => d.userCode === wanted);
    if (found === undefined) throw new Error("the fake provider has issued no such user code");
    return found;
  }

  /** Ends a session; its refresh and access tokens are dead with it. */
  kill(session: Session): void {
    session.alive = false;
  }
}
