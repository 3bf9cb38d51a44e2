/** An option that is none: what is misspelled is refused, not left out in silence. */
import { expect, test } from "vitest";
import { readBrowserOptions } from "../../src/browser/options.js";
import { isKeystoneAuthError, OidcClient, OidcFlow, productPage, twoStagePage } from "../../src/node/index.js";

const good = { clientId: "prizm", issuer: "https://id.example", storage: "memory" } as const;
type Options = ConstructorParameters<typeof OidcClient>[0];

/** The option and the message of what is thrown. */
function refusal(act: () => unknown): { option: string; message: string } {
  try {
    act();
  } catch (error) {
    if (isKeystoneAuthError(error) && error.code === "configuration") return error as never;
    throw error;
  }
  throw new Error("nothing was refused");
}

const client = (options: object) => new OidcClient({ ...good, ...options } as Options);

test.each([
  ["audience", "audiences"],
  ["scopes", "extraScopes"],
  ["scope", "extraScopes"],
  ["clientid", "clientId"],
  ["client_secret", "clientSecret"],
  ["minValiditySecond", "minValiditySeconds"],
  ["authority", "issuer"],
  ["storageDir", undefined],
])("DX-06 %s is refused, and %s is named", (name, near) => {
  const { option, message } = refusal(() => client({ [name]: "x" }));
  expect(option).toBe(name);
  expect(message).toContain(near === undefined ? "Known are clientId, issuer," : `Do you mean ${near}?`);
});

test("DX-06 an option whose value is undefined, or that is inherited or hidden, is not given", async () => {
  const hidden = Object.defineProperty(Object.create({ scopes: ["x"] }), "audience", { value: "x", enumerable: false });
  await new OidcClient(Object.assign(hidden as object, good, { nonsense: undefined })).close();
});

test("DX-06 an option that throws when it is read", () => {
  const options = Object.defineProperty({ ...good }, "surprise", {
    enumerable: true,
    get: () => {
      throw new Error("no");
    },
  });
  expect(refusal(() => new OidcClient(options)).option).toBe("surprise");
});

test.each(["loginMode", "redirectUri", "silentLogin", "popupBlocked", "onReturn"])("DX-06 %s in Node", (name) => {
  const { message } = refusal(() => client({ [name]: "x" }));
  expect(message).toContain('import from "keystone-auth/browser"');
});

test.each(["storageDirectory", "openBrowser", "keychain"])("DX-06 %s in a page", (name) => {
  const options = { clientId: "spa", issuer: "https://id.example", [name]: "x" };
  const { message } = refusal(() => readBrowserOptions(options as Options, new URL("https://app.example/")));
  expect(message).toContain('import from "keystone-auth/node"');
});

test("DX-06 options of calls", async () => {
  const made = client({ interaction: "never" });
  const calls: [string, () => Promise<unknown>][] = [
    ["scope", () => made.getAccessToken({ scope: "y" } as never)],
    ["force", () => made.getTokenSet({ force: true } as never)],
    ["interaction", () => made.signIn({ interaction: "never" } as never)],
    ["locally", () => made.signOut({ locally: true } as never)],
  ];
  for (const [option, call] of calls) {
    await expect(call()).rejects.toMatchObject({ code: "configuration", option });
  }
  await made.close();
});

test.each<[string, () => unknown]>([
  ["loopback.port", () => client({ loopback: { port: 8080 } })],
  ["title", () => productPage({ product: "Prizm", title: "x" } as never)],
  ["third", () => twoStagePage({ first: "x", path: "/y", second: () => "", third: "z" } as never)],
])("DX-06 %s", (option, act) => {
  expect(refusal(act).option).toBe(option);
});

test("DX-06 the name of the flow in the Python package", async () => {
  expect(OidcFlow.client_credential).toBe(OidcFlow.client_credentials);
  await client({ flow: OidcFlow.client_credential, clientSecret: "s" }).close();
});
