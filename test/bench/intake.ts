import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timestamp } from "../../src/lib/clock.ts";
import type { Operation } from "../../src/model/request.ts";
import { Layout } from "../../src/store/layout.ts";
import { fetchReply, postRequest } from "../../src/store/requests.ts";
import { until } from "../rig/stint.ts";
import { BenchHome, filled } from "./bench-home.ts";
import { type Measured, type Row, usageOf } from "./row.ts";

const MANY = 20_000;
const QUEUED = 100_000;
/** Between two questions to the supervisor. */
const ASK_EVERY_MS = 30;
const DEADLINE_MS = 600_000;

/** Asks the supervisor something small again and again until some work is over; gives how long it took to answer at most. */
async function longestHoldMs(layout: Layout, isOver: () => boolean): Promise<number> {
  let most = 0;
  while (!isOver()) {
    const operation: Operation = { verb: "serve", targets: [] };
    const { id } = postRequest(layout, { at: timestamp(Date.now()), actor: "bench", operation });
    const sinceMs = performance.now();
    await until("it answers", () => fetchReply(layout, id) !== null, { deadlineMs: DEADLINE_MS });
    most = Math.max(most, performance.now() - sinceMs);
    await Bun.sleep(ASK_EVERY_MS);
  }
  return most;
}

function measured(found: { seconds: number; mostMs: number; megabytes: number }, most: number): Measured {
  const { seconds, mostMs, megabytes } = found;
  return {
    figures: [
      { name: "seconds", value: seconds },
      { name: "longestHoldMs", value: mostMs },
      { name: "megabytes", value: megabytes },
    ],
    says: `${seconds.toFixed(1)} s, a small request answered after ${mostMs.toFixed(0)} ms at most, ${megabytes.toFixed(0)} MB`,
    isReached: seconds <= most && mostMs <= 1_000 && megabytes <= 400,
  };
}

/** Many files at once, beside all else. */
export const INBOX: Row = {
  id: "inbox",
  what: `${MANY} files dropped into the inbox → all queued`,
  aim: "60 s; nothing else held up for over 1 s; 400 MB",
  measure: async () => {
    await using stint = new BenchHome();
    const { pid } = await stint.up();
    const aside = join(stint.root, "aside");
    mkdirSync(aside);
    const names = Array.from({ length: MANY }, (_, index) => `f${index}.yaml`);
    for (const name of names) writeFileSync(join(aside, name), `name: f\nrun: "true"\nhold: true\n`);
    const startMs = performance.now();
    for (const name of names) renameSync(join(aside, name), join(stint.home, "inbox", name));
    const pending = join(stint.home, "pending");
    const isOver = (): boolean => readdirSync(pending).length >= MANY;
    const mostMs = await longestHoldMs(new Layout(stint.home), isOver);
    const seconds = (performance.now() - startMs) / 1_000;
    return measured({ seconds, mostMs, megabytes: usageOf(pid).mostMegabytes }, 60);
  },
};

function bulk(verb: "cancel" | "release"): Row {
  return {
    id: verb,
    what: `${verb} --all on ${QUEUED} queued`,
    aim: "120 s; nothing else held up for over 1 s; 400 MB",
    measure: async () => {
      await using stint = filled(QUEUED, "held");
      // What is released has no room to start: a job has taken all of the machine.
      const { pid } = await stint.up("--jobs", "1");
      await stint.ok("submit", "--priority", "9", "--", "sleep", "600");
      await until("it runs", () => stint.files("running").length === 1);
      const startMs = performance.now();
      const child = stint.start([verb, "--all", ...(verb === "cancel" ? ["--state", "queued"] : [])]);
      const said = new Response(child.stdout).text();
      const mostMs = await longestHoldMs(new Layout(stint.home), () => child.exitCode !== null);
      const seconds = (performance.now() - startMs) / 1_000;
      await said;
      return measured({ seconds, mostMs, megabytes: usageOf(pid).mostMegabytes }, 120);
    },
  };
}

/** A verb on all that is queued, beside all else. */
export const CANCEL = bulk("cancel");
export const RELEASE = bulk("release");
