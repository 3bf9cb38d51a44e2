/** The client `native` of the tests' provider, as a program has it and as the command is given it. */

export const nativeOptions = ({ issuer }, storageDirectory) => ({
  clientId: "native",
  issuer,
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  allowInsecureLoopback: true,
  storageDirectory,
});

export function settingsOf({ issuer, clientId, extraScopes, audiences, storageDirectory }) {
  const lists = ["--scope", extraScopes.join(" "), "--audience", audiences.join(" ")];
  const given = ["--issuer", issuer, "--client-id", clientId, ...lists, "--storage-directory", storageDirectory];
  return [...given, "--allow-insecure-loopback"];
}
