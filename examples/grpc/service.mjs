/**
 * A gRPC service that accepts access tokens of one issuer for one audience, so that the example has something to call. Its
 * messages are JSON, which needs no protoc; yours come from a .proto file.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { readToken } from "../node-cli/api.mjs";

const toBytes = (message) => Buffer.from(JSON.stringify(message));
const fromBytes = (bytes) => JSON.parse(bytes.toString("utf8"));

export const greeter = {
  greet: {
    path: "/demo.Greeter/Greet",
    requestStream: false,
    responseStream: false,
    requestSerialize: toBytes,
    requestDeserialize: fromBytes,
    responseSerialize: toBytes,
    responseDeserialize: fromBytes,
  },
  count: {
    path: "/demo.Greeter/Count",
    requestStream: false,
    responseStream: true,
    requestSerialize: toBytes,
    requestDeserialize: fromBytes,
    responseSerialize: toBytes,
    responseDeserialize: fromBytes,
  },
};

const TICK_MS = 100;

/** Starts the service on a free port of 127.0.0.1; with `cert` and `key`, PEM texts, it speaks TLS. */
export async function startService({ issuer, audience, cert, key }) {
  const claimsOf = async (metadata) => {
    const [, token] = /^Bearer (.+)$/i.exec(String(metadata.get("authorization")[0] ?? "")) ?? [];
    return token && (await readToken(token, { issuer, audience }));
  };
  const refused = { code: status.UNAUTHENTICATED, details: "No valid access token.", metadata: new Metadata() };
  const greet = async ({ request, metadata }, done) => {
    const claims = await claimsOf(metadata);
    if (!claims) return done(refused);
    done(null, { text: `${request.greeting}, ${claims.sub}.` });
  };
  // Counts on, as long as the token of the stream is good.
  const count = async (stream) => {
    const claims = await claimsOf(stream.metadata);
    const { to } = stream.request;
    let { after } = stream.request;
    while (!stream.cancelled && claims && claims.exp * 1000 > Date.now() && after < to) {
      after += 1;
      stream.write({ number: after });
      await sleep(TICK_MS);
    }
    if (after >= to) stream.end();
    else stream.emit("error", refused);
  };
  const server = new Server();
  server.addService(greeter, {
    greet: (call, done) => void greet(call, done),
    count: (stream) => void count(stream),
  });
  const how = cert
    ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }])
    : ServerCredentials.createInsecure();
  const port = await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", how, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
