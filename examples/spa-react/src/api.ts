/** The protected API, and what to do when it refuses a token. */
import { client } from "./auth.js";

const api = import.meta.env.VITE_API ?? "http://127.0.0.1:4401/greeting";

export interface Greeting {
  readonly greeting: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
}

async function request(token: string): Promise<Response> {
  try {
    return await fetch(api, { headers: { authorization: `Bearer ${token}` } });
  } catch {
    throw new ApiError("The API did not answer. Check your connection and try again.");
  }
}

export async function fetchGreeting(): Promise<Greeting> {
  // Each time: from memory it costs nothing, and it is always a token that is still valid.
  const token = await client.getAccessToken({ interaction: "never" });
  let response = await request(token);
  if (response.status === 401) {
    // Revoked, or the API's clock is ahead: ask once for another one.
    response = await request(await client.getAccessToken({ interaction: "never", rejectedToken: token }));
  }
  if (!response.ok) throw new ApiError(`The API answered with ${response.status}. Try again later.`);
  return (await response.json()) as Greeting;
}
