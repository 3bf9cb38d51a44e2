/** The grant of a program that signs in as itself (RFC 6749 §4.4). Loaded when it is asked for. */
import { clientCredentialsGrantRequest, processClientCredentialsResponse } from "oauth4webapi";
import type { TokenResponse } from "../token-set.js";
import { type GrantTools, tokenRequest } from "./token-endpoint.js";
import { engineClient, readGrant } from "./token-response.js";

/** Signs the program in. It sends its scopes as they are: there is no person, and no "openid". */
export async function clientCredentials(tools: GrantTools): Promise<TokenResponse> {
  const { config, provider } = tools;
  const metadata = await provider.prepare();
  const parameters = new URLSearchParams();
  if (config.scopes.length > 0) parameters.set("scope", config.scopes.join(" "));
  for (const resource of config.resources) parameters.append("resource", resource);
  const response = await tokenRequest(tools, metadata, [], (auth, options) =>
    clientCredentialsGrantRequest(metadata, engineClient(config, tools.clock), auth, parameters, options),
  );
  return await readGrant(
    response,
    processClientCredentialsResponse,
    metadata,
    { scopes: config.scopes, idToken: "none" },
    tools,
  );
}
