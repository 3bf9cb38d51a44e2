/** Revokes a session's tokens (RFC 7009), all at the same time. */
import { loadPart } from "../load-part.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import { abortedError, untilAborted } from "../settle.js";
import type { SessionRecord } from "../token-set.js";

interface Tokens extends Pick<SessionRecord, "accessTokens"> {
  readonly refreshToken?: string | undefined;
}

interface Token {
  readonly token: string;
  readonly hint: "refresh_token" | "access_token";
}

export interface Revocation {
  /** Resolves when every request is on its way, or will never be: a page may be left from then on. Never rejects. */
  readonly sent: Promise<void>;
  /** `skipped`: there was no token. Rejects where the refresh token, or the only token, could not be revoked. */
  readonly done: Promise<"done" | "unsupported" | "skipped">;
}

/** Begins at once. `load` gives the server, whose metadata may have to be fetched first. */
export function revokeTokens(
  load: () => Promise<AuthorizationServer>,
  record: Tokens | undefined,
  signal: AbortSignal | undefined,
): Revocation {
  const tokens = tokensOf(record);
  const unsent = new Set(tokens);
  let isSent = () => {};
  const sent = new Promise<void>((resolve) => {
    isSent = resolve;
  });
  const onSent = (token: Token) => {
    unsent.delete(token);
    if (unsent.size === 0) isSent();
  };
  const done = revokeAll(load, tokens, signal, onSent);
  done.then(isSent, isSent);
  return { sent, done };
}

function tokensOf(record: Tokens | undefined): readonly Token[] {
  const { refreshToken, accessTokens = {} } = record ?? {};
  return [
    ...(refreshToken === undefined ? [] : [{ token: refreshToken, hint: "refresh_token" as const }]),
    ...Object.values(accessTokens).map(({ token }) => ({ token, hint: "access_token" as const })),
  ];
}

async function revokeAll(
  load: () => Promise<AuthorizationServer>,
  tokens: readonly Token[],
  signal: AbortSignal | undefined,
  onSent: (token: Token) => void,
): Promise<"done" | "unsupported" | "skipped"> {
  if (tokens.length === 0) return "skipped";
  if (signal?.aborted) throw abortedError();
  const [server, { revokeToken }] = await Promise.all([load(), loadPart(() => import("../protocol/sign-out.js"))]);
  const ends = await Promise.allSettled(
    tokens.map((each) =>
      untilAborted(revokeToken(server, each.token, each.hint, { signal, onSent: () => onSent(each) }), signal),
    ),
  );
  // Providers may refuse to revoke a self-contained access token; what counts is the refresh token, which comes first.
  const counts = tokens[0]?.hint === "refresh_token" ? ends.slice(0, 1) : ends;
  for (const end of counts) if (end.status === "rejected") throw end.reason;
  return counts.every((end) => end.status === "rejected" || end.value) ? "done" : "unsupported";
}
