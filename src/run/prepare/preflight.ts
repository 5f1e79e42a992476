import { statfsSync, statSync, writeSync } from "node:fs";
import { runBounded } from "../../lib/bounded-process.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { errnoOf, unlessRefused } from "../../lib/errno.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Condition, describeCondition } from "../../model/preflight.ts";
import type { Findings, PreparationOrder, StepRefusal } from "../../model/preparation.ts";
import { environmentOfJob } from "./job-environment.ts";
import type { StepInput } from "./steps.ts";

/** A command that takes longer hangs. */
const COMMAND_MS = 60_000;
/** Of what it writes, so much goes to the log of the attempt. */
const OUTPUT_BYTES = 65_536;
/** A service that takes longer to accept a connection does not answer. */
const CONNECT_MS = 5_000;
const STDERR = 2;

/** Asks whether a task may start now: the first condition that does not hold is why not, and it is asked again later. */
export async function askPreflight({ order, tell }: StepInput): Promise<Result<Findings, StepRefusal>> {
  for (const condition of order.parts.preflight?.conditions ?? []) {
    tell(
      `asking whether ${condition.type === "command" ? "its preflight succeeds" : describeCondition(condition)}`,
    );
    const why = await whyNot(condition, order);
    if (why !== null) return err({ code: "PREFLIGHT", error: why });
  }
  return ok({});
}

/** Why a condition does not hold, as a sentence without its end; null where it does. */
async function whyNot(condition: Condition, { parts }: PreparationOrder): Promise<string | null> {
  switch (condition.type) {
    case "command":
      return whyCommandFails(condition.line, parts.preflight?.cwd ?? "/");
    case "dataset": {
      const path = parts.data?.datasets[condition.name]?.path ?? condition.path;
      const isThere = unlessRefused(() => statSync(path) !== undefined, false);
      return isThere ? null : `${path} does not exist, wanted the data set "${condition.name}"`;
    }
    case "port":
      return whyPortIsTaken(condition.port);
    case "host": {
      const refused = await refusalOfHost(condition.host, condition.port);
      return refused === null ? null : `${condition.host}:${condition.port} does not answer (${refused})`;
    }
    case "free":
      return whyFull(condition.path, condition.bytes);
  }
}

function whyFull(path: string, wanted: number): string | null {
  const disk = unlessRefused(() => statfsSync(path), null);
  if (disk === null) return `${path} does not exist, wanted ${formatBytes(wanted)} of free space there`;
  const free = disk.bavail * disk.bsize;
  return free >= wanted ? null : `${formatBytes(free)} are free at ${path}, wanted ${formatBytes(wanted)}`;
}

/** As the job could take it: on all addresses. */
function whyPortIsTaken(port: number): string | null {
  const ignored = { data: () => {} };
  try {
    Bun.listen({ hostname: "0.0.0.0", port, exclusive: true, socket: ignored }).stop(true);
    return null;
  } catch (error) {
    return `port ${port} is taken (${errnoOf(error) ?? "refused"}), wanted a free one`;
  }
}

/** Why no connection was made; null where one was. */
async function refusalOfHost(hostname: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const timer = setTimeout(() => resolve(`no answer within ${CONNECT_MS / 1_000} s`), CONNECT_MS);
  const socket = {
    data: () => {},
    open: (opened: { end(): void }) => {
      opened.end();
      resolve(null);
    },
    connectError: (_: unknown, error: Error) => resolve(errnoOf(error) ?? error.message),
  };
  Bun.connect({ hostname, port, socket }).catch((error: unknown) => resolve(errnoOf(error) ?? String(error)));
  const refused = await promise;
  clearTimeout(timer);
  return refused;
}

/** The line runs with the environment of the job, and what it writes is in the log of the attempt. */
async function whyCommandFails(line: string, cwd: string): Promise<string | null> {
  const end = await runBounded({
    argv: ["/bin/sh", "-c", line],
    cwd,
    env: environmentOfJob(),
    timeoutMs: COMMAND_MS,
    outputBytes: OUTPUT_BYTES,
  });
  if (end.how === "ended") unlessRefused(() => writeSync(STDERR, end.out + end.err), 0);
  const what = "the preflight command";
  switch (end.how) {
    case "ended":
      if (end.code === 0) return null;
      return end.code === null ? `${what} was killed` : `${what} exited with ${end.code}, wanted 0`;
    case "hung":
      return `${what} did not end within ${COMMAND_MS / 1_000} s`;
    case "aborted":
      return `${what} was stopped`;
    case "notStarted":
      return `${what} could not be started: ${end.error}`;
  }
}
