/**
 * A programmable OpenID provider on 127.0.0.1: correct unless a test says otherwise, and then as wrong as the test says.
 * It signs with WebCrypto and shares no code with the engine under test.
 */
import { FakeProvider } from "./fake-provider/provider.js";
import type { FakeProviderOptions } from "./fake-provider/types.js";

export { decodeJwt, generateSigningKey } from "./fake-provider/keys.js";
export { type AuthorizeResult, FakeProvider } from "./fake-provider/provider.js";
export { CANARY } from "./fake-provider/secrets.js";
export type { Session } from "./fake-provider/state.js";
export type {
  Answer,
  Claims,
  ClaimsEdit,
  Delivery,
  EndpointName,
  Exchange,
  FakeProviderOptions,
  FakeProviderSettings,
  Hook,
  PublishedKey,
  RecordedRequest,
  SigningAlg,
  SignOptions,
} from "./fake-provider/types.js";
export { type Visit, type VisitOptions, visit } from "./fake-provider/visit.js";

/** Starts a fake provider. Close it at the end of the test. */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = new FakeProvider(options);
  await provider.start();
  return provider;
}
