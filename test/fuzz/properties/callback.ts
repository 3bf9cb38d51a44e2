/** Authorization responses: accepted are those, and only those, that a correct provider sends. */
import fc from "fast-check";
import { exchangeCode } from "../../../src/protocol/token-endpoint.js";
import { goodAnswer } from "../answers.js";
import { goodCallback, makeServer, secret, secrets, transaction } from "../server.js";
import { judge } from "../judge.js";
import { ISSUER, idTokenClaims, network, sign } from "../provider.js";
import { texts } from "../values.js";

const NAMES = ["code", "state", "iss", "error", "error_description", "session_state"];
const FOREIGN = ["access_token", "id_token", "token", "token_type", "refresh_token", "response"];

type Edit = (parameters: URLSearchParams) => void;

const name = fc.constantFrom(...NAMES, ...FOREIGN, "extra", "__proto__", "Code", "state ");
const text = fc.oneof(
  texts([secret.code]),
  fc.constantFrom(secret.code, secret.state, `${secret.state}1`, ISSUER, `${ISSUER}/`, "access_denied"),
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  name.map(
    (which): Edit =>
      (parameters) =>
        parameters.delete(which),
  ),
  fc.tuple(name, text).map(
    ([which, value]): Edit =>
      (parameters) =>
        parameters.set(which, value),
  ),
  fc.tuple(name, text).map(
    ([which, value]): Edit =>
      (parameters) =>
        parameters.append(which, value),
  ),
);

function isCorrect(parameters: URLSearchParams): boolean {
  const once = (which: string, value?: string) => {
    const all = parameters.getAll(which);
    return all.length === 1 && (value === undefined ? all[0] !== "" : all[0] === value);
  };
  const single = ["error_description", "session_state"].every((which) => parameters.getAll(which).length <= 1);
  const foreign = FOREIGN.some((which) => parameters.has(which));
  return (
    once("code") && once("state", secret.state) && once("iss", ISSUER) && !parameters.has("error") && single && !foreign
  );
}

const idToken = sign(idTokenClaims(secret.nonce));

export function callbacks(outcomes: Map<string, number>): fc.IAsyncProperty<[Edit[]]> {
  return fc.asyncProperty(fc.array(edit, { maxLength: 4 }), async (edits) => {
    const parameters = goodCallback();
    for (const change of edits) change(parameters);
    const token = async () =>
      await goodAnswer({ access_token: secret.access, token_type: "bearer", expires_in: 300, id_token: await idToken });
    const net = network({ token });
    const end = await judge(() => exchangeCode(makeServer(net.fetch), parameters, transaction), secrets, outcomes);
    if ((end.error === undefined) !== isCorrect(parameters))
      throw new Error(`wrongly ${end.error ? "refused" : "accepted"}`);
    if (end.error && net.count("token") > 0) throw new Error("the code was sent all the same");
    if (net.count("token") > 1) throw new Error("the code was sent twice");
  });
}
