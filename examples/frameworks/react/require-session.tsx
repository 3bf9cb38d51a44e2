"use client";

/** <RequireSession> around what is for whoever is signed in, and the two buttons. */
import { isKeystoneAuthError } from "keystone-auth/browser";
import { Fragment, type ReactNode, useEffect, useState } from "react";
import { useClient, useSession } from "./session";

/** Leaves for the login where the page has just been loaded. Afterwards a person is asked by a button. */
export function RequireSession({ children }: { children: ReactNode }) {
  const client = useClient();
  const { status, subject } = useSession();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    if (status !== "signed_in") client.getAccessToken().then(() => setError(undefined), setError);
  }, [client, status]);
  // The key: what one person has typed is not shown to the next.
  if (status === "signed_in") return <Fragment key={subject}>{children}</Fragment>;
  if (status === "user_changed") return <SignIn>Another person has signed in.</SignIn>;
  if (error === undefined) return <p role="status">One moment …</p>;
  const isOut = isKeystoneAuthError(error) && error.code === "login_required";
  return <SignIn>{isOut ? "You are signed out." : error.message}</SignIn>;
}

export function SignIn({ children }: { children?: ReactNode }) {
  const client = useClient();
  const [failure, setFailure] = useState<Error>();
  // In the click itself: it may leave the page, or open a popup.
  const signIn = () => void client.signIn().catch(setFailure);
  const says = failure?.message ?? children;
  return (
    <>
      {says !== undefined && <p role="alert">{says}</p>}
      <button type="button" onClick={signIn}>
        Sign in
      </button>
    </>
  );
}

export function SignOut() {
  const client = useClient();
  return (
    <button type="button" onClick={() => void client.signOut()}>
      Sign out
    </button>
  );
}
