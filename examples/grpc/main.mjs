/** Calls a gRPC service with a token in each call: `node main.mjs`. */
import { readFile } from "node:fs/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { OidcClient } from "keystone-auth";
import { callWithToken, streamWithToken } from "./call-with-token.mjs";
import { greeter, startService } from "./service.mjs";

const AUDIENCE = "hub_connector_api";
// With TLS_CERT and TLS_KEY, the names of PEM files, the service speaks TLS, as one that is not on this machine must.
// COUNT_TO is how far the stream counts.
const { ISSUER = OidcClient.KEYSTONE_URL, CLIENT_ID = "prizm", TLS_CERT, TLS_KEY, COUNT_TO = "3" } = process.env;

const client = new OidcClient({
  clientId: CLIENT_ID,
  issuer: ISSUER,
  extraScopes: ["offline_access", AUDIENCE],
  audiences: [AUDIENCE],
  // For a provider on this machine, as in the tests; it changes nothing for any other.
  allowInsecureLoopback: true,
});

/** One call, as a promise. Generated clients have a method for it. */
function greet(stub, message, options) {
  const { path, requestSerialize, responseDeserialize } = greeter.greet;
  return new Promise((resolve, reject) => {
    stub.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, options, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

/** A stream of numbers behind `last`. */
function count(stub, last, options) {
  const { path, requestSerialize, responseDeserialize } = greeter.count;
  const request = { after: last?.number ?? 0, to: Number(COUNT_TO) };
  return stub.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, options);
}

async function main() {
  const cert = TLS_CERT && (await readFile(TLS_CERT));
  const key = TLS_KEY && (await readFile(TLS_KEY));
  // Your service is somewhere else; this one lives as long as the calls.
  const service = await startService({ issuer: ISSUER, audience: AUDIENCE, cert, key });
  const tls = cert !== undefined;
  const stub = new Client(service.address, tls ? credentials.createSsl(cert) : credentials.createInsecure());
  try {
    for (const greeting of ["Hello", "Hello again"]) {
      const { text } = await callWithToken(client, { tls }, (options) => greet(stub, { greeting }, options));
      console.log(text);
    }
    const numbers = [];
    const open = (options, last) => count(stub, last, options);
    for await (const { number } of streamWithToken(client, { tls }, open)) numbers.push(number);
    console.log(`Counted ${numbers.join(" ")}.`);
  } finally {
    stub.close();
    service.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await client.close();
}
