/** The little of oidc-provider that the tests use; the package brings no types. */
declare module "oidc-provider" {
  import type { EventEmitter } from "node:events";
  import type { RequestListener } from "node:http";

  export interface ProviderRequest {
    readonly oidc: {
      readonly params?: Record<string, unknown>;
      readonly client?: { readonly clientId: string };
    };
    body: string;
  }
  export class Provider extends EventEmitter {
    constructor(issuer: string, configuration: Record<string, unknown>);
    callback(): RequestListener;
  }
}
