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
import { fetchGreeting } from "../shared/greeting";
import { useGreeting } from "../shared/use-greeting";
import { way } from "../shared/way";

function Layout() {
  return (
    <>
      <nav>
        <Link to="/">Start</Link> <Link to="/reports/7?tab=a">Report 7</Link> <Link to="/other">Other</Link>
      </nav>
      <Outlet />
    </>
  );
}

function Start() {
  return (
    <>
      <h1>Start</h1>
      {way() === "home" && <Greeting />}
    </>
  );
}

function Greeting() {
  return <p id="greeting">{useGreeting()}</p>;
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
      {way() === "loader" ? <LoadedGreeting /> : <Greeting />}
    </>
  );
}

const load = () => (way() === "loader" ? fetchGreeting(client, import.meta.env.VITE_API) : null);

const router = createBrowserRouter([
  {
    element: <Layout />,
    HydrateFallback: () => <p>One moment …</p>,
    children: [
      { path: "/", element: <Start /> },
      { path: "/reports/:id", element: <Report />, loader: load },
      { path: "/other", element: <h1>Other</h1> },
    ],
  },
]);

createRoot(document.getElementById("app") as HTMLElement).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
);
