/** HTTP answers that are right, nearly right, or anything else. */
import fc from "fast-check";
import { type Json, mutations, shown, textOf, texts, values } from "./values.js";

/** What the network gives for one request. */
export interface FuzzedAnswer {
  /** Of the document that would be correct here. */
  readonly body: (correct: Json) => string | Uint8Array<ArrayBuffer>;
  readonly status: number;
  readonly type: string | undefined;
  /** `reject`: no answer at all. `break`: the body ends with an error. */
  readonly fault: "none" | "reject" | "break";
}

const json = "application/json";

/** Answers about documents with these members. `canaries` are secrets that the request carries, for the provider to echo. */
export function answers(names: readonly string[], canaries: readonly string[]): fc.Arbitrary<FuzzedAnswer> {
  const whole = mutations(names, canaries).map((mutate) =>
    shown(
      (correct: Json) => textOf(mutate(correct)),
      () => mutate,
    ),
  );
  const body: fc.Arbitrary<FuzzedAnswer["body"]> = fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 1, arbitrary: values(canaries).map((value) => () => textOf(value)) },
    { weight: 1, arbitrary: texts(canaries).map((text) => () => text) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => () => new Uint8Array(bytes)) },
    { weight: 1, arbitrary: fc.nat(200).map((end) => (correct: Json) => textOf(correct).slice(0, end)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("<html>sign in</html>", "\ufeff{}", "x".repeat(80_000)).map((text) => () => text),
    },
    { weight: 1, arbitrary: errorBody(canaries).map((error) => () => textOf(error)) },
  );
  return fc.record({
    body,
    status: fc.oneof(
      { weight: 12, arbitrary: fc.constant(200) },
      { weight: 3, arbitrary: fc.constantFrom(400, 401) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(201, 203, 204, 302, 307, 403, 404, 407, 408, 418, 429, 500, 502, 503, 599),
      },
    ),
    type: fc.oneof(
      { weight: 12, arbitrary: fc.constant(json) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(undefined, "text/html", `${json};charset=utf-8`, "text/json", "application/jwt", ""),
      },
    ),
    fault: fc.oneof(
      { weight: 20, arbitrary: fc.constant("none" as const) },
      { weight: 1, arbitrary: fc.constantFrom("reject" as const, "break" as const) },
    ),
  });
}

function errorBody(canaries: readonly string[]): fc.Arbitrary<Json> {
  const error = fc.constantFrom<unknown>(
    "invalid_grant",
    "invalid_client",
    "slow_down",
    "authorization_pending",
    "expired_token",
    "x",
    5,
    null,
    {},
  );
  return fc.record(
    { error, error_description: values(canaries), error_uri: values(canaries) },
    { requiredKeys: ["error"] },
  );
}

/** The answer as `fetch` gives it. Its faults hold a secret, as those of runtimes may. */
export function toResponse(answer: FuzzedAnswer, correct: Json, secret: string): Promise<Response> {
  const { status, type, fault } = answer;
  if (fault === "reject")
    return Promise.reject(new TypeError(`fetch failed for ${secret}`, { cause: { code: "ECONNRESET", secret } }));
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
  if (status === 204) return Promise.resolve(new Response(null, { status, headers }));
  const given = answer.body(correct);
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.slice(0, 10));
      if (fault === "break") return controller.error(new TypeError(`terminated: ${secret}`));
      if (bytes.byteLength > 10) controller.enqueue(bytes.slice(10));
      controller.close();
    },
  });
  return Promise.resolve(new Response(stream, { status, headers }));
}

/** A correct JSON answer. */
export function goodAnswer(document: unknown): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(document), { headers: { "content-type": json } }));
}
