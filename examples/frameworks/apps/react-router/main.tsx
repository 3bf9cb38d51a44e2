/** React Router. The way says who asks for the token: the report's component, its loader, or the start page as well. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import {
  createBrowserRouter,
  Link,
  Outlet,
  RouterProvider,
  useLoaderData,
  useParams,
  useSearchParams,
} from "react-router";
import { client } from "../../react/client";
import { SessionProvider } from "../../react/session";
import { fetchGreeting } from "../shared/greeting";
import { Account, Greeting, Header } from "../shared/react-parts";
import { way } from "../shared/way";

const api = import.meta.env.VITE_API;

function Layout() {
  return (
    <>
      <Header />
      <nav>
        <Link to="/">Start</Link> <Link to="/reports/7?tab=a">Report 7</Link> <Link to="/other">Other</Link>{" "}
        <Link to="/account">Account</Link>
      </nav>
      <Outlet />
    </>
  );
}

function Start() {
  return (
    <>
      <h1>Start</h1>
      {way() === "home" && <Greeting api={api} />}
    </>
  );
}

function LoadedGreeting() {
  return <p id="greeting">{useLoaderData<string>()}</p>;
}

function Report() {
  const { id } = useParams();
  const [query] = useSearchParams();
  return (
    <>
      <h1>
        Report {id}, tab {query.get("tab")}
      </h1>
      {way() === "loader" ? <LoadedGreeting /> : <Greeting api={api} />}
    </>
  );
}

const load = () => (way() === "loader" ? fetchGreeting(client, api) : null);

const router = createBrowserRouter([
  {
    element: <Layout />,
    HydrateFallback: () => <p>One moment …</p>,
    children: [
      { path: "/", element: <Start /> },
      { path: "/reports/:id", element: <Report />, loader: load },
      { path: "/other", element: <h1>Other</h1> },
      { path: "/account", element: <Account api={api} /> },
    ],
  },
]);

createRoot(document.getElementById("app") as HTMLElement).render(
  <StrictMode>
    <SessionProvider client={client}>
      <RouterProvider router={router} />
    </SessionProvider>
  </StrictMode>,
);
