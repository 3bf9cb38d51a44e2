import { useEffect, useState } from "react";
import { client } from "../../react/client";
import { fetchGreeting } from "./greeting";

/** What the API says to whoever is signed in; a page that has no token yet is left for the login. */
export function useGreeting(): string {
  const [text, setText] = useState("");
  useEffect(() => {
    let isShown = true;
    const show = (next: string) => isShown && setText(next);
    fetchGreeting(client, import.meta.env.VITE_API).then(show, (error: unknown) => show(String(error)));
    return () => {
      isShown = false;
    };
  }, []);
  return text;
}
