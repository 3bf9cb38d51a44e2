/** wouter with the route in the hash, as apps on servers without a fallback page have it. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Link, Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { useGreeting } from "../shared/use-greeting";

function Report({ id }: { id: string }) {
  return (
    <>
      <h1>Report {id}</h1>
      <p id="greeting">{useGreeting()}</p>
    </>
  );
}

createRoot(document.getElementById("app") as HTMLElement).render(
  <StrictMode>
    <Router hook={useHashLocation}>
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
  </StrictMode>,
);
