import { copyFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, timestamp } from "../../src/lib/clock.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import type { Operation, Target } from "../../src/model/request.ts";
import { Audit } from "../../src/store/audit.ts";
import { Layout } from "../../src/store/layout.ts";
import { readTask } from "../../src/store/reader.ts";
import { postRequest } from "../../src/store/requests.ts";
import { killMarked, type Stint, until } from "../rig/stint.ts";
import { checkRanOnce, stateOf, TWO } from "./scenarios-tasks.ts";
import { demand, marking, type Scenario, starts } from "./sweep.ts";

/** A job that its first attempt never ends by itself. */
const LOST =
  "name: lost\nrun: echo $STINT_TASK_ID >> $HOME/starts; test $STINT_ATTEMPT -ge 2 || exec sleep 60\n";

/** Starts the jobs and kills the supervisor where it is told to; then kills the job that would not end. */
async function loseJobs(stint: Stint, failpoint: string): Promise<void> {
  await stint.run(["drain", "--jobs", "3"], { env: { STINT_FAILPOINT: failpoint } });
  await until("the job has begun", () => starts(stint)["000001-lost"] === 1);
  await killMarked(stint.record(1).status.attempts.map(({ token }) => token));
}

function checkLost(stint: Stint): void {
  const { status } = stint.record(1);
  demand(status.state === "completed", `the lost task is ${status.state}`);
  demand(starts(stint)["000001-lost"] === 2, `its job began ${starts(stint)["000001-lost"]} times`);
  const [first] = status.attempts;
  demand(first?.failure?.code === "STALE_WORKER", `its first attempt ended with ${first?.failure?.code}`);
}

function post(stint: Stint, operation: Operation): void {
  postRequest(new Layout(stint.home), { at: timestamp(systemClock.now()), actor: "ada", operation });
}

function targetOf(stint: Stint, number: number): Target {
  const { id, uid, epoch } = stint.record(number).metadata;
  return { id: makeTaskId(number, id.slice(7)), uid: String(uid), epoch };
}

async function askForEverything(stint: Stint): Promise<void> {
  const held = ["a", "b", "d"].map((name) => marking(null, { name, more: "hold: true\n" }));
  const retried = "name: c\nrun: echo $STINT_TASK_ID >> $HOME/starts; test $STINT_ATTEMPT -ge 2\n";
  await stint.run(["submit", "-"], { input: [...held, retried].join("---\n") });
  await stint.run(["drain"]);
  const read = readTask(new Layout(stint.home), targetOf(stint, 3).id);
  if (!read.ok) throw new Error("the task cannot be read");
  const { spec, metadata } = read.value;
  const target = { ...targetOf(stint, 3), version: metadata.resourceVersion };
  post(stint, { verb: "release", targets: [targetOf(stint, 1)] });
  post(stint, { verb: "cancel", targets: [targetOf(stint, 2)], force: false, pendingOnly: false });
  post(stint, { verb: "set", targets: [target], spec: { ...spec, priority: 7 }, labels: metadata.labels });
  post(stint, { verb: "retry", targets: [targetOf(stint, 4)] });
}

function pendingRequests(stint: Stint): string[] {
  return stint.files("requests").filter((name) => !name.endsWith(".reply.json"));
}

/** One of everything that a start-up puts in order. */
async function leaveDisorder(stint: Stint): Promise<void> {
  const names = ["c", "d"].map((name) => marking(null, { name }));
  await stint.run(["submit", "-"], { input: [TWO, ...names].join("---\n") });
  await stint.run(["drain"], { env: { STINT_FAILPOINT: "commit:taken" } });
  const file = (place: string, id: string): string => join(stint.home, place, `${id}.json`);
  copyFileSync(file("pending", "000003-c"), file("dead-letter", "000003-c"));
  renameSync(file("pending", "000004-d"), join(stint.home, "tmp", "000004-d.move"));
  writeFileSync(file("pending", "000009-spoilt"), "");
}

/** Where one file of the audit log ends and the next begins. */
const AUDIT_BYTES = 64 * 1_024 * 1_024;
const NOTE_BYTES = 32 * 1_024;

/** Fills the audit log but for its last lines. */
async function fillAudit(stint: Stint): Promise<void> {
  await stint.run(["submit", "-"], { input: TWO });
  using audit = new Audit(new Layout(stint.home));
  const note = { event: "cleanup", actor: "ada", detail: "-".repeat(NOTE_BYTES) } as const;
  const count = Math.floor(AUDIT_BYTES / (NOTE_BYTES + 400));
  audit.append(
    Array.from({ length: count }, () => note),
    systemClock.now(),
  );
  const free = (): number => AUDIT_BYTES - Bun.file(join(stint.home, "audit.ndjson")).size;
  while (free() > 1_500) {
    const detail = "-".repeat(Math.min(NOTE_BYTES, free() - 1_400));
    audit.append([{ ...note, detail }], systemClock.now());
  }
}

/** So many that a start-up sees to some, and the first with so much room in it that it is enough for one start. */
async function leaveSegments(stint: Stint): Promise<void> {
  await stint.run(["submit", "-"], { input: TWO });
  const journal = join(stint.home, "journal");
  const [first = ""] = stint.files("journal");
  for (let number = 1; number < 64; number += 1)
    copyFileSync(join(journal, first), join(journal, `z${number}.batch`));
  truncateSync(join(journal, first), 2 * 1_024 * 1_024);
}

/** What a start-up finds, and what others ask of a supervisor, each killed. */
export const RECOVERY_SCENARIOS: readonly Scenario[] = [
  {
    name: "start-up with a lost job, an ended one and one that never started",
    prepare: async (stint) => {
      const more = [marking(null, { name: "ended", exit: 3 }), marking(null, { name: "unstarted" })];
      await stint.run(["submit", "-"], { input: [LOST, ...more].join("---\n") });
      await loseJobs(stint, "start:claimed#3");
      await until("the second has ended", () => stint.files("runs/000002-ended/1").includes("exit.json"));
    },
    // It puts the home in order and starts nothing: what else a drain does is killed elsewhere.
    command: ["requeue-stale"],
    check: (stint) => {
      checkLost(stint);
      const ended = stint.record(2).status.attempts.map(({ exitCode }) => exitCode);
      demand(JSON.stringify(ended) === "[3]", `the ended one has attempts with ${JSON.stringify(ended)}`);
      demand(stateOf(stint, "unstarted") === "completed", `the other is ${stateOf(stint, "unstarted")}`);
      demand(starts(stint)["000003-unstarted"] === 1, "what had not started did not run once");
    },
  },
  {
    name: "start-up of a home in disorder",
    prepare: leaveDisorder,
    command: ["requeue-stale"],
    putAside: 2,
    check: (stint) => {
      demand(stint.records().length === 4, `${stint.records().length} of the 4 tasks are there`);
      checkRanOnce(stint);
    },
  },
  {
    name: "holder that finds requests",
    prepare: askForEverything,
    // Like a supervisor it answers what waits; unlike one it starts nothing, which is killed elsewhere.
    command: ["requeue-stale"],
    check: (stint) => {
      const states = ["a", "b", "c", "d"].map((name) => stateOf(stint, name)).join(" ");
      demand(states === "completed cancelled completed queued", `they are ${states}`);
      const [, , changed, retried] = stint.records();
      demand(retried?.metadata.epoch === 2, `the retried one has epoch ${retried?.metadata.epoch}`);
      demand(
        changed?.metadata.generation === 2 && changed.spec["priority"] === 7,
        `the changed one has generation ${changed?.metadata.generation}`,
      );
      const counts = JSON.stringify(starts(stint));
      demand(counts === '{"000004-c":2,"000001-a":1}', `the jobs began ${counts}`);
    },
  },
  {
    name: "request to a supervisor",
    prepare: async (stint) => {
      await stint.up();
      await stint.ok("submit", "--hold", "--name", "a", "--", "true");
      await stint.reach(1, "queued");
    },
    command: ["cancel", "1"],
    afterwards: async (stint) => {
      await until("the request is answered", () => pendingRequests(stint).length === 0);
      await stint.ok("down");
    },
    check: (stint, wasTold) => {
      const state = stateOf(stint, "a");
      demand(state === "cancelled" || (wasTold === "" && state === "queued"), `the task is ${state}`);
    },
  },
  {
    name: "start-up that finds many segments of the journal",
    prepare: leaveSegments,
    command: ["requeue-stale"],
    at: ["checkpoint:synced", "checkpoint:dropped"],
    check: checkRanOnce,
  },
  {
    name: "audit log that is full",
    prepare: fillAudit,
    command: ["drain"],
    at: ["audit:set-aside", "audit:begun"],
    check: (stint) => {
      checkRanOnce(stint);
      const files = stint.files(".").filter((name) => name.startsWith("audit.ndjson"));
      demand(files.length === 2, `the log is in ${files.join(" ")}`);
    },
  },
];
