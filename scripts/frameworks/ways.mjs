/** What is tried: each way back from a login, and each framework's session. */
const REPORT = { path: "/reports/7?tab=a", heading: "Report 7, tab a" };

/** Who asks for the token, where, with which router. */
const BACK = [
  { name: "vue-guard", app: "vue", way: "guard", says: "vue-router, beforeEach awaits the token" },
  { name: "vue-lazy", app: "vue", way: "lazy", says: "vue-router, a lazy start page slower than the exchange" },
  { name: "vue-plain", app: "vue", way: "plain", says: "vue-router, the page asks" },
  { name: "react-router-home", app: "react-router", way: "home", says: "React Router, the start page asks too" },
  { name: "react-router-loader", app: "react-router", way: "loader", says: "React Router, a loader asks" },
  { name: "react-router-component", app: "react-router", way: "component", says: "React Router, a component asks" },
  { name: "tanstack-component", app: "tanstack", way: "component", says: "TanStack Router, a component asks" },
  { name: "tanstack-loader", app: "tanstack", way: "loader", says: "TanStack Router, a loader asks" },
  { name: "angular-component", app: "angular", way: "component", says: "Angular, a component's request asks" },
  { name: "angular-guard", app: "angular", way: "guard", says: "Angular, a guard asks" },
  { name: "sveltekit", app: "sveltekit-spa", way: "component", says: "SvelteKit as a single-page app" },
  { name: "sveltekit-server", app: "sveltekit-server", way: "component", says: "SvelteKit, rendered by a server" },
  { name: "next", app: "next", way: "component", says: "Next App Router, rendered by a server" },
  {
    name: "wouter-hash",
    app: "wouter",
    way: "component",
    says: "wouter, the route in the hash",
    enters: { path: "/#/reports/7", heading: "Report 7" },
  },
];

const SESSIONS = [
  { name: "react-session", app: "react-router", says: "React in StrictMode" },
  {
    name: "react-development-session",
    app: "react-router-development",
    says: "React in StrictMode, a development build",
  },
  { name: "vue-session", app: "vue", says: "Vue" },
  { name: "angular-session", app: "angular", says: "Angular" },
  { name: "svelte-session", app: "sveltekit-spa", says: "SvelteKit as a single-page app" },
  {
    name: "sveltekit-server-session",
    app: "sveltekit-server",
    says: "SvelteKit, rendered by a server",
    rendered: true,
  },
  { name: "next-session", app: "next", says: "Next App Router, rendered by a server", rendered: true },
].map((way) => ({ way: "component", ...way, says: `${way.says}: button, API, reload, two tabs, another person` }));

/** `name`, the `app` that is built for it, the `way` that is written into its page, where a person `enters`, and in words. */
export const WAYS = [
  ...BACK.map((way) => ({ kind: "back", enters: REPORT, ...way })),
  ...SESSIONS.map((way) => ({ kind: "session", ...way })),
];

/** @param {string[]} names their beginnings; none for all */
export function choose(names) {
  const chosen = names.length === 0 ? WAYS : WAYS.filter(({ name }) => names.some((each) => name.startsWith(each)));
  if (chosen.length === 0)
    throw new Error(`There is no such way. There are: ${WAYS.map(({ name }) => name).join(", ")}.`);
  return chosen;
}
