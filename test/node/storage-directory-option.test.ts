import { expect, test } from "vitest";
import { OidcClient } from "../../src/node/index.js";

test.each([
  ["a NUL character", "/tmp/a\0b"],
  ["nothing", ""],
  ["blanks", "  "],
  ["a number", 5],
  ["a URL", new URL("file:///tmp")],
])("storageDirectory with %s is ConfigurationError", (_title, storageDirectory) => {
  const options = { clientId: "prizm", issuer: "https://id.example", storageDirectory: storageDirectory as string };
  expect(() => new OidcClient(options)).toThrow(
    expect.objectContaining({ code: "configuration", option: "storageDirectory" }),
  );
});
