/** wouter with the route in the hash, as apps on servers without a fallback page have it. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Link, Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { client } from "../../react/client";
import { SessionProvider } from "../../react/session";
import { Greeting, Header } from "../shared/react-parts";

function Report({ id }: { id: string }) {
  return (
    <>
      <h1>Report {id}</h1>
      <Greeting api={import.meta.env.VITE_API} />
    </>
  );
}

createRoot(document.getElementById("app") as HTMLElement).render(
  <StrictMode>
    <SessionProvider client={client}>
      <Router hook={useHashLocation}>
        <Header />
        <nav>
          <Link href="/">Start</Link> <Link href="/reports/7">Report 7</Link> <Link href="/other">Other</Link>
        </nav>
        <Switch>
          <Route path="/reports/:id">{({ id }) => <Report id={id} />}</Route>
          <Route path="/other">
            <h1>Other</h1>
          </Route>
          <Route>
            <h1>Start</h1>
          </Route>
        </Switch>
      </Router>
    </SessionProvider>
  </StrictMode>,
);
