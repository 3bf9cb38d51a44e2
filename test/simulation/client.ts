/** A real client in the simulated world: the code of `src`, over a platform whose every wait the schedule decides. */
import { createHash } from "node:crypto";
import { OidcClientCore } from "../../src/client/client.js";
import { authorizationCodeLogin } from "../../src/client/code-flow.js";
import type { LoginAttempt, Platform } from "../../src/client/platform.js";
import { SessionAccess } from "../../src/client/session-access.js";
import { readNodeOptions } from "../../src/node/options.js";
import type { ClientConfig } from "../../src/options/config.js";
import type { AuthorizationAgent, Clock, OpenedStore } from "../../src/ports.js";
import { watchByTime } from "../../src/session/in-memory.js";
import { openOwnStore } from "../../src/session/own-store.js";
import { beginSession } from "../../src/session/record.js";
import { sessionKey } from "../../src/session/record-format.js";
import { Session } from "../../src/session/session.js";
import { claimsOf, type IdTokenClaims, type SessionRecord } from "../../src/token-set.js";
import type { Kind } from "../history/events.js";
import type { Disk } from "./disk.js";
import type { Locks } from "./locks.js";
import type { Network } from "./network.js";
import type { Person } from "./person.js";
import { BOUNDS } from "./plan.js";
import { CLIENT_ID, ISSUER, wallOf } from "./provider.js";
import { type Channel, openRecords, openValues, watchVersions } from "./stores.js";
import type { Actor, World } from "./world.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Read once: the options of all clients are the same. */
const settings = readNodeOptions(
  {
    clientId: CLIENT_ID,
    issuer: ISSUER,
    extraScopes: ["offline_access"],
    storageTimeoutSeconds: BOUNDS.storage / 1000,
    requestTimeoutSeconds: BOUNDS.request / 1000,
    lockTimeoutSeconds: BOUNDS.lock / 1000,
    loginTimeoutSeconds: BOUNDS.login / 1000,
  },
  {},
);

export const SESSION_KEY = await sessionKey(settings, sha256);

/** What a login has stored that brought `body` at `now`. */
export function firstRecord(body: Record<string, unknown>, now: number): SessionRecord {
  const { access_token, refresh_token, id_token, expires_in } = body as Record<string, string>;
  const accessToken = {
    token: access_token as string,
    tokenType: "Bearer",
    obtainedAt: now,
    expiresAt: now + Number(expires_in) * 1000,
    scopes: settings.scopes,
    audiences: [],
  };
  const idTokenClaims = claimsOf(id_token) as IdTokenClaims;
  const tokens = { accessToken, refreshToken: refresh_token as string, idToken: id_token as string, idTokenClaims };
  return beginSession(tokens, settings, "first", []);
}

/** What all clients of one schedule share. */
export interface Surroundings {
  readonly world: World;
  readonly disk: Disk;
  readonly locks: Locks;
  readonly channel: Channel;
  readonly network: Network;
  readonly person: Person;
}

/** `OidcClient` on the simulated platform. */
class SimulatedCore extends OidcClientCore {
  constructor(config: ClientConfig, clock: Clock, platform: Platform) {
    super(config, {
      clock,
      access: async (memory, published, popup) => {
        const session = new Session(config, clock, memory, published, platform.openStore.bind(platform));
        return new SessionAccess(config, platform, session, popup);
      },
    });
  }
}

export class SimulatedClient implements Actor {
  isAlive = true;
  isStopped = false;
  wokenAt = 0;
  isClosing = false;
  /** How far the wall clock of its machine is off. */
  clockOffset = 0;
  readonly core: OidcClientCore;
  /** Calls that have not settled, each with what aborts it. */
  readonly pending = new Map<number, AbortController>();
  /** The token that it was given last. */
  lastToken: string | undefined;

  constructor(
    readonly name: string,
    readonly kind: Kind,
    { world, ...rest }: Surroundings,
  ) {
    const clock: Clock = {
      now: () => wallOf(world.time) + this.clockOffset,
      monotonic: () => world.monotonic,
      after: (ms, action) => world.after(this, ms, action),
      background: (ms, action) => world.after(this, ms, action),
    };
    const config: ClientConfig = { ...settings, fetch: rest.network.of(this) };
    this.core = new SimulatedCore(config, clock, new SimulatedPlatform(this, clock, { world, ...rest }));
    const trustMs = kind === "tab" ? Number.MAX_SAFE_INTEGER : 1000;
    world.tell({ what: "client", client: name, kind, trustMs, bounds: BOUNDS, scopes: settings.scopes });
    for (const event of ["session", "storage"] as const) {
      this.core.on(event, (told) => {
        const detail = "reason" in told ? told.reason : told.error.kind;
        world.tell({ what: "heard", client: name, event, detail });
      });
    }
  }
}

class SimulatedPlatform implements Platform {
  readonly isPage = false;
  readonly endsProviderSession = false;

  constructor(
    private readonly client: SimulatedClient,
    readonly clock: Clock,
    private readonly around: Surroundings,
  ) {}

  /** A diagnosis changes nothing of a session, and has no part here. */
  diagnose(): Promise<never> {
    return Promise.reject(new Error("a diagnosis is not simulated"));
  }

  openStore(_onTrouble: unknown, onChange: () => void): OpenedStore {
    const { client, clock, around } = this;
    const { disk, channel, locks } = around;
    const lock = locks.of(client, clock);
    if (client.kind === "fleet") {
      const own = openOwnStore(openValues(disk, client, lock), lock, clock, settings.storageTimeoutMs);
      return { key: SESSION_KEY, ...own, watch: watchByTime(clock) };
    }
    const watch = client.kind === "tab" ? channel.watch(client, onChange) : watchVersions(disk, SESSION_KEY);
    return { key: SESSION_KEY, store: openRecords(disk, client), lock, watch };
  }

  /** As `src/node/login.ts` does it, and pages without the lock. */
  async login(attempt: LoginAttempt): Promise<SessionRecord> {
    const { key, lock, signal } = attempt;
    const agent = this.#agent();
    if (this.client.kind === "tab") return await authorizationCodeLogin(agent, attempt);
    const instead = () => attempt.adopt().catch(() => undefined);
    const options = { timeoutMs: settings.loginTimeoutMs, signal, pollMs: 250, instead };
    return await lock.run<SessionRecord>(`login.${key}`, options, async () => {
      if (signal.aborted) throw signal.reason;
      return (await attempt.adopt()) ?? (await authorizationCodeLogin(agent, attempt));
    });
  }

  async endProviderSession() {
    return "unsupported" as const;
  }

  #agent(): AuthorizationAgent {
    const { client, around } = this;
    return {
      prepare: async () => ({ redirectUri: "http://127.0.0.1:1/" }),
      authorize: (prompt, signal) => around.person.ask(client, prompt, signal),
      settle: async () => {},
      close: async () => {},
    };
  }
}
