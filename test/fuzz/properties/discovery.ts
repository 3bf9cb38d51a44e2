/** Metadata: a login leaves only for an address that may be opened, and nothing is asked of anybody else. */
import fc from "fast-check";
import { createAuthorizationRequest } from "../../../src/protocol/authorization.js";
import { answers, type FuzzedAnswer, toResponse } from "../answers.js";
import { makeServer, secret, secrets } from "../server.js";
import { judge } from "../judge.js";
import { metadata, network } from "../provider.js";

const SECRET = secret.access;

export function discoveries(outcomes: Map<string, number>): fc.IAsyncProperty<[FuzzedAnswer]> {
  return fc.asyncProperty(answers(Object.keys(metadata), []), async (answer) => {
    const net = network({ discovery: () => toResponse(answer, metadata, SECRET) });
    const end = await judge(
      () => createAuthorizationRequest(makeServer(net.fetch), { redirectUri: "http://127.0.0.1:1" }),
      secrets,
      outcomes,
    );
    const pushed = net.asked.filter((url) => !url.includes(".well-known"));
    if (pushed.some((url) => new URL(url).protocol !== "https:")) throw new Error(`asked ${pushed.join(" and ")}`);
    if (end.error) return;
    const url = new URL(end.value.url);
    if (url.protocol !== "https:" || url.username !== "" || url.hash !== "") throw new Error(`leaves for ${url.href}`);
    const names = [...url.searchParams.keys()];
    if (new Set(names).size !== names.length) throw new Error("a parameter stands twice");
  });
}
