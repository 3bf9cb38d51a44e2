/** TanStack Router. The way says who asks for the token: the report's component or its loader. */
import { createRootRoute, createRoute, createRouter, Link, Outlet, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { client } from "../../react/client";
import { SessionProvider } from "../../react/session";
import { fetchGreeting } from "../shared/greeting";
import { Greeting, Header } from "../shared/react-parts";
import { way } from "../shared/way";

const api = import.meta.env.VITE_API;

const root = createRootRoute({
  component: () => (
    <>
      <Header />
      <nav>
        <Link to="/">Start</Link>{" "}
        <Link to="/reports/$id" params={{ id: "7" }} search={{ tab: "a" }}>
          Report 7
        </Link>{" "}
        <Link to="/other">Other</Link>
      </nav>
      <Outlet />
    </>
  ),
});
const start = createRoute({ getParentRoute: () => root, path: "/", component: () => <h1>Start</h1> });
const other = createRoute({ getParentRoute: () => root, path: "/other", component: () => <h1>Other</h1> });
const report = createRoute({
  getParentRoute: () => root,
  path: "/reports/$id",
  validateSearch: ({ tab }) => ({ tab: String(tab) }),
  loader: () => (way() === "loader" ? fetchGreeting(client, api) : ""),
  component: Report,
});

function Report() {
  const { id } = report.useParams();
  const { tab } = report.useSearch();
  const loaded = report.useLoaderData();
  return (
    <>
      <h1>
        Report {id}, tab {tab}
      </h1>
      {way() === "loader" ? <p id="greeting">{loaded}</p> : <Greeting api={api} />}
    </>
  );
}

const router = createRouter({ routeTree: root.addChildren([start, other, report]) });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

createRoot(document.getElementById("app") as HTMLElement).render(
  <StrictMode>
    <SessionProvider client={client}>
      <RouterProvider router={router} />
    </SessionProvider>
  </StrictMode>,
);
