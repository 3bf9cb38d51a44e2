/** One login: the sign-outs that it comes after, what it asks for, and the session that its tokens begin. */
import { NO_KEY, type StorageError } from "../errors.js";
import type { LoginRequest } from "../options/call.js";
import type { Log } from "../ports.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import { signedOut, userChanged } from "../session/login-required.js";
import type { Session } from "../session/session.js";
import type { Moment } from "../session/sign-out-mark.js";
import { DEFAULT_TOKEN, type SessionRecord, type TokenResponse } from "../token-set.js";
import type { LoginAttempt } from "./platform.js";
import { revokeTokens } from "./revocation.js";

/** The sign-outs that a call comes after, and the session that it has found and that does not serve it. */
export type Since = Pick<Moment, "own"> &
  Partial<Pick<Moment, "others">> & { readonly found?: { readonly id?: string | undefined } };

/** What a login gets from whoever runs it. */
export interface LoginRun extends Pick<LoginAttempt, "signal" | "pauseTime" | "leaves" | "expectsAt"> {
  readonly request: LoginRequest;
  /** Whether nobody is shown anything: another person than the one before is not taken then. */
  readonly isSilent: boolean;
  readonly log: Log;
  /** Told of each exchange that was begun: `close()` waits for it. */
  sends(sending: Promise<unknown>): void;
}

/** Reads what is stored now, and what was signed out by now. @throws LoginRequiredError (`login_required`, signed_out) */
export async function beginAttempt(
  session: Session,
  server: AuthorizationServer,
  { found, ...since }: Since,
  run: LoginRun,
): Promise<LoginAttempt> {
  run.log.debug("a login begins");
  const { key, lock } = await session.open();
  // A store that cannot be read must not keep a person from signing in; then nobody else's login can be told, either.
  const { answers } = session.signOuts;
  const before = await session.readStored().then(
    (record) => ({ record }),
    (error: unknown) => mustBeTrouble(error),
  );
  // What was known before may be old by now: a login that names too few sign-outs would be void.
  const isTold = answers !== session.signOuts.answers;
  const { ids, others } = session.signOuts.now();
  const began: Moment = { ids: isTold ? ids : undefined, others: isTold ? others : undefined, ...since };
  if (session.signOuts.isSince(began)) throw signedOut();
  const { request, signal, pauseTime, leaves, expectsAt } = run;
  const id = found ? found.id : before?.record?.id;
  const idTokenHint = session.known.idToken ?? before?.record?.idToken;
  const steps = new LoginSteps(session, server, run, began, before);
  return {
    key,
    server,
    lock,
    request,
    found: id,
    idTokenHint,
    signal,
    pauseTime,
    leaves,
    expectsAt,
    hasAnswer: () => run.log.debug("the browser has come back"),
    adopt: () => steps.adopt(id),
    signOuts: () => steps.began.ids,
    confirm: () => steps.confirm(),
    finish: (exchange, signOuts) => steps.finish(exchange, signOuts),
  };
}

/** What the store refuses for good it would refuse after the login, too: nobody signs in for that. */
function mustBeTrouble(error: unknown): undefined {
  const { code, kind, retryable, causeCode } = error as Partial<StorageError>;
  if (code === "storage" && ((kind === "permission" && !retryable) || causeCode === NO_KEY)) throw error;
}

class LoginSteps {
  constructor(
    private readonly session: Session,
    private readonly server: AuthorizationServer,
    private readonly run: LoginRun,
    public began: Moment,
    private readonly before: { readonly record: SessionRecord | undefined } | undefined,
  ) {}

  async confirm(): Promise<void> {
    const { session, began } = this;
    const isSure = await session.mustBeSince(began);
    const { ids, others } = session.signOuts.now();
    // Where the store has said nothing before a person is asked, what it says next counts as said before.
    if (isSure) this.began = { ...began, ids: began.ids ?? ids, others: began.others ?? others };
    else if (began.ids === undefined) this.began = { own: began.own, ids: undefined, others: undefined };
  }

  async adopt(found: string | undefined): Promise<SessionRecord | undefined> {
    const { session } = this;
    const now = this.before && (await session.readStored());
    if (session.signOuts.isSince(this.began)) throw signedOut();
    const isOthers = now && now.id !== found && session.timeLeft(now) > 0 && !session.known.isAnothers(now);
    return isOthers ? now : undefined;
  }

  async finish(exchange: () => Promise<TokenResponse>, signOuts = this.began.ids): Promise<SessionRecord> {
    const { signal } = this.run;
    if (signal.aborted) throw signal.reason;
    const sending = this.#send(exchange, { ...this.began, ids: signOuts });
    this.run.sends(sending);
    return await sending;
  }

  async #send(exchange: () => Promise<TokenResponse>, began: Moment): Promise<SessionRecord> {
    const { session, run } = this;
    // A code is not spent for a session that a sign-out has overtaken.
    const isSure = await session.mustBeSince(began);
    if (session.signOuts.isAfter(began.ids)) throw signedOut();
    const since = isSure && began.ids === undefined ? { ...session.signOuts.now(), own: began.own } : began;
    if (run.signal.aborted) throw run.signal.reason;
    const tokens = await exchange();
    run.log.debug("the login has brought tokens");
    const isAnothers = run.isSilent && session.known.isAnothersLogin(tokens.idTokenClaims);
    if (isAnothers || session.signOuts.isSince(since)) {
      this.run.sends(this.#revoke(tokens));
      throw isAnothers ? userChanged() : signedOut();
    }
    return await session.begin(tokens, since, { before: this.before?.record?.id });
  }

  /** Nobody will have these tokens: what the provider has granted too late does not live on there. */
  async #revoke({ refreshToken, accessToken }: TokenResponse): Promise<void> {
    const tokens = { refreshToken, accessTokens: { [DEFAULT_TOKEN]: accessToken } };
    await revokeTokens(async () => this.server, tokens, undefined).done.catch(() => {});
  }
}
