/** The providers of a run, one a store: each kind deals with refresh tokens in another way. */
import { ProviderNotes } from "../history/recorder/provider.js";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../support/fake-provider.js";
import { Faults } from "./faults.js";

/** Twice one that serves once; one that lasts; one that is taken once more within ten seconds. */
const KINDS: readonly FakeProviderOptions[] = [{}, {}, { rotateRefreshTokens: false }, { reuseGraceSeconds: 10 }];

export interface SoakProvider {
  readonly provider: FakeProvider;
  readonly acts: ProviderNotes;
  readonly faults: Faults;
}

export async function startProviders(): Promise<readonly SoakProvider[]> {
  const common = { alg: "ES256", accessTokenLifetimeSeconds: 2, idTokenLifetimeSeconds: 60 } as const;
  const providers = await Promise.all(KINDS.map((kind) => startFakeProvider({ ...common, ...kind })));
  // The notes before the faults: what these answer by themselves has not come to the provider.
  return providers.map((provider) => ({
    provider,
    acts: new ProviderNotes(provider),
    faults: new Faults(provider),
  }));
}
