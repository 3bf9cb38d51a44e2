import type { TokenSet } from "keystone-auth/browser";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { fetchGreeting } from "./api.js";
import { client } from "./auth.js";
import { explain, isLoginRequired } from "./explain.js";
import icon from "./icon.svg";
import { useSession } from "./use-session.js";

interface Failure {
  readonly error: unknown;
  readonly retry: () => void;
}

/** Leaves the page. */
const signIn = async (): Promise<void> => {
  await client.getAccessToken();
};

export function App() {
  const session = useSession(client);
  const [failure, setFailure] = useState<Failure>();
  /** Does what a person has asked for; where that fails, the same can be asked for again. */
  const run = useCallback((work: () => Promise<void>) => {
    setFailure(undefined);
    work().catch((error: unknown) => setFailure({ error, retry: () => run(work) }));
  }, []);
  const signOut = async () => {
    // Leaves for the provider's page. If that fails, nobody is signed in here all the same.
    const { errors } = await client.signOut();
    if (errors[0]) throw errors[0];
  };
  const problem = session.state === "failed" ? { error: session.error, retry: () => location.reload() } : failure;
  return (
    <>
      <header>
        <p className="name">
          <img src={icon} width="32" height="32" alt="" />
          React sign-in
        </p>
        {session.state === "signed-in" && (
          <p className="account">
            <span className="user">{session.tokens.idTokenClaims?.sub}</span>
            <button type="button" id="sign-out" onClick={() => run(signOut)}>
              Sign out
            </button>
          </p>
        )}
      </header>
      <main>
        {problem && <Problem {...problem} onSignIn={() => run(signIn)} />}
        {session.state === "loading" && <Middle>One moment …</Middle>}
        {session.state === "signed-out" && (
          <Middle heading="You are not signed in" action={() => run(signIn)}>
            Sign in to see what the API has for you. You come back to this page.
          </Middle>
        )}
        {session.state === "signed-in" && <SignedIn tokens={session.tokens} run={run} />}
      </main>
      <footer>An example of keystone-auth</footer>
    </>
  );
}

function Middle({ heading, action, children }: { heading?: string; action?: () => void; children: ReactNode }) {
  return (
    <section className="card middle">
      {heading && <Heading>{heading}</Heading>}
      <p role={heading ? undefined : "status"}>{children}</p>
      {action && (
        <div className="actions">
          <button type="button" className="primary" id="sign-in" onClick={action}>
            Sign in
          </button>
        </div>
      )}
    </section>
  );
}

/** Takes the focus when it appears: the button that brought it here is gone. */
function Heading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {children}
    </h1>
  );
}

function Problem({ error, retry, onSignIn }: Failure & { onSignIn: () => void }) {
  const { title, message, details, help } = explain(error);
  return (
    <section className="card bad" role="alert">
      <h2>{title}</h2>
      <p className="next">{message}</p>
      {details && (
        <details>
          <summary>Details</summary>
          <p>{details}</p>
        </details>
      )}
      <div className="actions">
        <button type="button" id="error-help" onClick={help === "Sign in" ? onSignIn : retry}>
          {help}
        </button>
      </div>
    </section>
  );
}

function SignedIn({ tokens, run }: { tokens: TokenSet; run: (work: () => Promise<void>) => void }) {
  const [answer, setAnswer] = useState<{ text: string; at: string }>();
  const call = useCallback(async () => {
    try {
      const { greeting } = await fetchGreeting();
      setAnswer({ text: greeting, at: new Date().toLocaleTimeString() });
    } catch (error) {
      // Where the session has gone, the hook shows it.
      if (!isLoginRequired(error)) throw error;
    }
  }, []);
  useEffect(() => run(call), [run, call]);
  const claims = Object.entries(tokens.idTokenClaims ?? {}).filter(([name]) => !INTERNAL.includes(name));
  return (
    <div className="columns">
      <section className="card">
        <Heading>{answer?.text ?? "You are signed in"}</Heading>
        <p>The protected API greets whoever has a valid access token.</p>
        <dl>
          <Row name="Answered at">{answer?.at ?? "…"}</Row>
          <Row name="Token until">{tokens.expiresAt.toLocaleTimeString()}</Row>
        </dl>
        <div className="actions">
          <button type="button" className="primary" id="call" onClick={() => run(call)}>
            Call the API again
          </button>
        </div>
      </section>
      <section className="card">
        <h2>Who you are</h2>
        <p>The claims of your ID Token.</p>
        <dl id="claims">
          {claims.map(([name, value]) => (
            <Row key={name} name={<code>{name}</code>}>
              {readable(name, value)}
            </Row>
          ))}
        </dl>
      </section>
    </div>
  );
}

function Row({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Of no use to a person: they tie the token to this sign-in. */
const INTERNAL = ["nonce", "at_hash", "sid"];

/** Times in claims are seconds since 1970 (RFC 7519 §2). */
function readable(name: string, value: unknown): string {
  if (["exp", "iat", "auth_time"].includes(name)) return new Date(Number(value) * 1000).toLocaleString();
  return typeof value === "string" ? value : JSON.stringify(value);
}
