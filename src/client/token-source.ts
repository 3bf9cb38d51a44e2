/**
 * The way of `getAccessToken()` past memory: a response in the address bar, then the store. What a stored token cannot
 * answer goes on in `token-renewal.ts`; the protocol is loaded when a call gets as far as the network.
 */
import type { ClientConfig } from "../options/config.js";
import type { KeystoneAuthError } from "../errors.js";
import { lazily, loadPart } from "../load-part.js";
import type { LoginDesk } from "./login.js";
import type { EarlyWindow, Platform, PlatformActions } from "./platform.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import type { SessionKeeper } from "../session/session-keeper.js";
import type { SessionView } from "../session/session-view.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import { isUsable, type TokenRequest } from "../options/call.js";

/** The parts that are loaded when a call needs more than a stored token. */
export interface Machinery {
  readonly server: AuthorizationServer;
  readonly actions: PlatformActions;
  readonly keeper: SessionKeeper;
  readonly desk: LoginDesk;
  readonly mayLoginHelp: (error: KeystoneAuthError) => boolean;
}

export class TokenSource {
  #loaded: Machinery | undefined;
  readonly load: () => Promise<Machinery>;

  constructor(
    readonly config: ClientConfig,
    readonly platform: Platform,
    readonly view: SessionView,
  ) {
    this.load = lazily(async () => {
      const { createMachinery } = await import("./machinery.js");
      this.#loaded = await createMachinery(config, platform, view);
      return this.#loaded;
    });
  }

  /** The machinery if it is loaded: where it is not, no login is pending. */
  get loaded(): Machinery | undefined {
    return this.#loaded;
  }

  /** Whether the record's token will do. `before` is the token that a forced call must not get again. */
  fits(record: SessionRecord | undefined, request: TokenRequest, before?: string): boolean {
    return isUsable(record, request, this.view.timeLeft(record), before);
  }

  /** A session whose token satisfies the request. `early` is a popup that was opened in the user's click. */
  async find(request: TokenRequest, early: EarlyWindow | undefined): Promise<SessionRecord> {
    if (this.platform.mayResume?.()) await (await this.load()).desk.resume(request.signal);
    const record = await this.view.look().catch((error: unknown) => this.view.withoutStore(error));
    if (record && this.fits(record, request, accessTokenOf(record)?.token)) return record;
    const { renewOrLogIn } = await loadPart(() => import("./token-renewal.js"));
    return await renewOrLogIn(this, request, record, early);
  }
}
