import type { RecordedOptions } from "../history/recorder/client.js";

export type StoreOptions = Omit<RecordedOptions, "openBrowser">;

/** The options of the clients of one store. Their time limits are short. */
export function optionsOf(store: number, issuer: string, storageDirectory: string): StoreOptions {
  return {
    clientId: `soak-${store}`,
    issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory,
    minValiditySeconds: 1,
    requestTimeoutSeconds: 3,
    lockTimeoutSeconds: 20,
    loginTimeoutSeconds: 20,
  };
}
