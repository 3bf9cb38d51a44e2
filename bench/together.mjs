/** Many calls and many processes at once, with an expired token and a provider that punishes each reuse. */
import { startProcess } from "../scripts/demo/processes.mjs";
import { median } from "./numbers.mjs";

const CALLS = 1000;

export async function concurrentCalls({ newSession, provider }) {
  const { client } = await newSession();
  const began = performance.now();
  const results = await Promise.allSettled(
    Array.from({ length: CALLS }, () => client.getAccessToken({ interaction: "never" })),
  );
  const ms = performance.now() - began;
  const failures = results.filter(({ status }) => status === "rejected").length;
  const refreshes = provider.ledger.count("token", "refresh_token");
  const met = refreshes === 1 && failures === 0 && provider.sessionAlive();
  const what = "1,000 concurrent calls, expired token";
  return [
    {
      what,
      measured: `${ms.toFixed(0)} ms`,
      result: `${refreshes} refresh, ${failures} failures`,
      target: "1 refresh, 0 failures",
      met,
    },
  ];
}

/** One round. Tells whether all is as it must be, and how long the slowest process waited for its token. */
async function round({ newSession, provider }, count) {
  const { options } = await newSession();
  const processes = await Promise.all(Array.from({ length: count }, () => startProcess(options)));
  const answers = await Promise.allSettled(processes.map((one) => one.take()));
  await Promise.all(processes.map(({ ended }) => ended));
  const got = answers.flatMap(({ value }) => value ?? []);
  const refreshes = provider.ledger.count("token", "refresh_token");
  const same = got.length === count && new Set(got.map(({ fingerprint }) => fingerprint)).size === 1;
  return {
    good: refreshes === 1 && same && provider.sessionAlive(),
    refreshes,
    slowest: Math.max(...got.map(({ ms }) => ms)),
  };
}

/** Up to `rounds` rounds; none begins that would not end within `budgetMs`, going by the longest so far. */
export async function processes(setting, { count, rounds, budgetMs }) {
  const began = performance.now();
  const done = [];
  let longest = 0;
  for (let now = began; done.length < rounds && now + longest <= began + budgetMs; ) {
    done.push(await round(setting, count));
    const after = performance.now();
    longest = Math.max(longest, after - now);
    now = after;
  }
  const good = done.filter((one) => one.good).length;
  const refreshes = [...new Set(done.map((one) => one.refreshes))].join(" or ");
  return [
    {
      what: `${count} processes, one store, expired token`,
      measured: `${median(done.map(({ slowest }) => slowest)).toFixed(0)} ms for all`,
      result: `${good} of ${done.length} rounds good, ${refreshes} refresh a round`,
      target: "every round: 1 refresh, one token, session alive",
      met: good === done.length,
    },
  ];
}
