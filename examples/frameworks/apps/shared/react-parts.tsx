"use client";

import { useEffect, useState } from "react";
import { RequireSession, SignIn, SignOut } from "../../react/require-session";
import { useClient, useSession } from "../../react/session";
import { fetchGreeting } from "./greeting";

/** Who is signed in, on each page. */
export function Header() {
  const { status, subject } = useSession();
  return (
    <header>
      <p id="session">{status === "signed_in" ? subject : status}</p>
      {status === "signed_in" && <SignOut />}
      {status === "signed_out" && <SignIn />}
    </header>
  );
}

/** What the API says to whoever is signed in; a page that has no token yet is left for the login. */
export function Greeting({ api }: { api: string }) {
  const client = useClient();
  const [text, setText] = useState("");
  useEffect(() => {
    let isShown = true;
    const show = (next: string) => isShown && setText(next);
    fetchGreeting(client, api).then(show, (error: unknown) => show(String(error)));
    return () => {
      isShown = false;
    };
  }, [client, api]);
  return <p id="greeting">{text}</p>;
}

/** A page that needs a session. */
export function Account({ api }: { api: string }) {
  return (
    <>
      <h1>Account</h1>
      <RequireSession>
        <Greeting api={api} />
      </RequireSession>
    </>
  );
}
