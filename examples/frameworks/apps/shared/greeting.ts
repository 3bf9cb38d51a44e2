/** The protected API: it greets whoever has a valid token, and nobody else. */
interface TokenProvider {
  getAccessToken(): Promise<string>;
}

export async function fetchGreeting(client: TokenProvider, api: string): Promise<string> {
  const token = await client.getAccessToken();
  const response = await fetch(api, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`The API answered with ${response.status}.`);
  const { greeting } = (await response.json()) as { greeting: string };
  return greeting;
}
