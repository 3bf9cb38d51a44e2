/** Shows pages of its own after the sign-in: `node main.mjs`. */
import { OidcClient, twoStagePage } from "keystone-auth/node";

const { ISSUER = OidcClient.KEYSTONE_URL, CLIENT_ID = "prizm" } = process.env;

const escape = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title, text) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${title}</title>
    <style>
      :root { color-scheme: light dark; }
      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto; padding: 0 1rem; }
    </style>
  </head>
  <body><h1>${title}</h1><p>${text}</p></body>
</html>`;

/** Whatever your API knows about the user. Here it is the provider that is asked (OpenID Connect Core 1.0 §5.3). */
async function fetchName(token) {
  const metadata = await (await fetch(`${ISSUER.replace(/\/$/, "")}/.well-known/openid-configuration`)).json();
  const response = await fetch(metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`The provider answered ${response.status}.`);
  const { name, sub } = await response.json();
  return name ?? sub;
}

const client = new OidcClient({
  clientId: CLIENT_ID,
  issuer: ISSUER,
  extraScopes: ["offline_access"],
  // For a provider on this machine, as in the tests; it changes nothing for any other.
  allowInsecureLoopback: true,
  pageHandler: twoStagePage({
    first: page("Signed in", "One moment, your account is being fetched."),
    path: "/welcome",
    // It may take 5 s; a second page that fails is replaced by the built-in one. The sign-in is done in each case.
    second: async (context) => {
      const name = await fetchName(await context.getAccessToken());
      return page("Welcome", `Hello, ${escape(name)}. You can close this window.`);
    },
  }),
});

try {
  await client.signIn();
  console.log("Signed in.");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
// The process ends when the second page has been shown, or when nobody has asked for it for 10 s.
