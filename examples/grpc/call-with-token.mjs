/** How a gRPC call gets its token: the part to copy. */
import { credentials, InterceptingCall, Metadata, status } from "@grpc/grpc-js";

function metadataWith(token) {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

/** Over TLS: call credentials, which grpc-js sends over an encrypted channel only. */
const callCredentials = (getToken) =>
  credentials.createFromMetadataGenerator((_call, done) => {
    getToken().then((token) => done(null, metadataWith(token)), done);
  });

/** Over a loopback connection without TLS, for development: an interceptor that does the same. */
const interceptor = (getToken) => (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start: (metadata, listener, next) => {
      const begin = (token) => {
        metadata.merge(metadataWith(token));
        next(metadata, listener);
      };
      const fail = (error) => {
        listener.onReceiveStatus({ code: status.UNAUTHENTICATED, details: error.message, metadata: new Metadata() });
      };
      getToken().then(begin, fail);
    },
  });

/**
 * Gives `call` the options that bring a token along. A server that answers UNAUTHENTICATED is asked once more with another
 * token: the one that another process has got meanwhile, or a refreshed one.
 */
export async function callWithToken(client, { tls }, call) {
  let token;
  let fault;
  const attempt = async (rejectedToken) => {
    const getToken = async () => {
      try {
        token = await client.getAccessToken({ rejectedToken });
        return token;
      } catch (error) {
        // gRPC keeps the message only; the caller gets the error itself.
        fault = error;
        throw error;
      }
    };
    try {
      return await call(tls ? { credentials: callCredentials(getToken) } : { interceptors: [interceptor(getToken)] });
    } catch (error) {
      throw fault ?? error;
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (error.code !== status.UNAUTHENTICATED || token === undefined) throw error;
    return await attempt(token);
  }
}

/**
 * A stream that outlives its token, as an async iterable of its messages. `open(options, last)` opens it, behind the message
 * `last` where there was one. It is opened again with a fresh token where the service ends it with UNAUTHENTICATED, as
 * services do once the token has expired, and where its deadline has come: without one a stream outlives a connection that has
 * died in silence.
 */
export async function* streamWithToken(client, { tls, deadlineSeconds = 600 }, open) {
  let last;
  for (;;) {
    let stream;
    let hasMoved = false;
    const begin = async (options) => {
      stream = open({ ...options, deadline: Date.now() + deadlineSeconds * 1000 }, last);
      const messages = stream[Symbol.asyncIterator]();
      // A token that is refused is refused before the first message.
      return { messages, first: await messages.next() };
    };
    try {
      const { messages, first } = await callWithToken(client, { tls }, begin);
      for (let step = first; !step.done; step = await messages.next()) {
        hasMoved = true;
        last = step.value;
        yield last;
      }
      return;
    } catch (error) {
      const isOver = error.code === status.DEADLINE_EXCEEDED || (error.code === status.UNAUTHENTICATED && hasMoved);
      if (!isOver) throw error;
    } finally {
      stream?.cancel();
    }
  }
}
