// A Node program, with the strictest reading of optional options.
import { OidcClient, OidcFlow, type OidcClientOptions } from "keystone-auth";
import { exposeTokens } from "keystone-auth/electron/preload";
import { serveTokens } from "keystone-auth/electron/main";
import { LoginRequiredError, OidcClient as NodeClient, productPage, safeStorageKeychain } from "keystone-auth/node";
import { fakeClient, isKeystoneAuthError } from "keystone-auth/testing";

export const options: OidcClientOptions = {
  clientId: "service",
  issuer: "https://id.example",
  flow: OidcFlow.client_credentials,
  clientSecret: process.env.SECRET,
  logger: console,
  loopback: { host: undefined, ports: [0] },
  pageHandler: productPage({ product: "Prizm", version: process.env.VERSION }),
};
export const client: OidcClient = new NodeClient(options);
export const standIn: NodeClient = fakeClient();
export const names = [exposeTokens, serveTokens, safeStorageKeychain].map(({ name }) => name);

export async function reason(): Promise<string | undefined> {
  try {
    return await fakeClient({ error: new Error("none") }).getAccessToken({ signal: undefined });
  } catch (error) {
    return error instanceof LoginRequiredError ? error.reason : isKeystoneAuthError(error) ? error.code : undefined;
  }
}
