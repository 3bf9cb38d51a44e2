/** A tool that calls a protected API: `node main.mjs [sign-out]`. */
import { isKeystoneAuthError, OidcClient } from "keystone-auth";
import { startApi } from "./api.mjs";

const AUDIENCE = "hub_connector_api";
const { ISSUER = OidcClient.KEYSTONE_URL, CLIENT_ID = "prizm" } = process.env;

const client = new OidcClient({
  clientId: CLIENT_ID,
  issuer: ISSUER,
  extraScopes: ["offline_access", AUDIENCE],
  audiences: [AUDIENCE],
  // For a provider on this machine, as in the tests; it changes nothing for any other.
  allowInsecureLoopback: true,
});

/** Calls the API with a token. When the API refuses it, once more with another one. */
async function callApi(url) {
  const token = await client.getAccessToken();
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 401) return response;
  const other = await client.getAccessToken({ rejectedToken: token });
  return await fetch(url, { headers: { authorization: `Bearer ${other}` } });
}

async function greet() {
  // Your API is somewhere else; this one lives as long as the call.
  const api = await startApi({ issuer: ISSUER, audience: AUDIENCE });
  try {
    const response = await callApi(`${api.url}/greeting`);
    if (!response.ok) throw new Error(`The API answered ${response.status}.`);
    console.log((await response.json()).greeting);
  } finally {
    await api.close();
  }
}

try {
  if (process.argv[2] === "sign-out") await client.signOut();
  else await greet();
} catch (error) {
  // A message says what happened and what to do. `code` is for programs.
  const hint = isKeystoneAuthError(error) && error.retryable ? " (try again)" : "";
  console.error(`${error.message}${hint}`);
  process.exitCode = 1;
} finally {
  await client.close();
}
