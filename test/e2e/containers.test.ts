import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeNvidia } from "../rig/fake-nvidia.ts";
import {
  ENGINE,
  IMAGE,
  lastOf,
  logOf,
  PodmanStint,
  podman,
  preparePodman,
  submit,
  task,
} from "../rig/podman.ts";
import { isStandingStill } from "../rig/signals.ts";
import { leaderOf, markedProcesses, type RecordView, until } from "../rig/stint.ts";
import { PROGRAMS } from "../rig/surroundings.ts";

const refusal = preparePodman();
const title = refusal === null ? "a container" : `a container (not tried: ${refusal})`;

/** Kills the recording parent with the runner and all commands of the engine's; the container lives on. */
function killRunners(record: RecordView): void {
  const { token } = lastOf(record);
  const leaders = markedProcesses(token).filter((one) => !isInContainer(one));
  for (const one of new Set([leaderOf(record), ...leaders])) {
    try {
      process.kill(one, "SIGKILL");
    } catch {
      // It went together with another.
    }
  }
}

/** What runs in a container sees it in its environment. */
function isInContainer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").includes("container=podman");
  } catch {
    return false;
  }
}

/** Counts on from 3 when the test lets it: by the clock alone it might be over before the kill. */
const COUNT =
  "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; test $i != 3 || until test -e $STINT_RUN_DIR/go; do sleep 0.1; done; sleep 0.2; done";
const COUNTED = Array.from({ length: 12 }, (_, index) => `line ${index + 1}\n`).join("");

function letCount(stint: PodmanStint, { metadata }: RecordView): void {
  writeFileSync(join(stint.home, "runs", metadata.id, "1", "go"), "");
}

/** Has a supervisor run a container that counts for a while and ends with 7; gives its record once it is at it. */
async function begunCount(stint: PodmanStint): Promise<RecordView> {
  await stint.ok("init");
  await submit(stint, task("count", `run: ${COUNT}; exit 7`));
  await stint.up();
  const record = await stint.reach(1, "running");
  await until("it has begun", () => logOf(stint, record).includes("line 2"));
  return record;
}

describe.skipIf(refusal !== null)(title, () => {
  test.concurrent("gets a signal that cancels nothing", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    const body = "trap 'echo usr1; exit 3' USR1; echo up; while :; do sleep 0.1; done";
    await submit(stint, task("listens", `run: ${body}`));
    await stint.up();
    const record = await stint.reach(1, "running");
    await until("it listens", () => logOf(stint, record).includes("up"));
    expect(await stint.ok("cancel", "--signal", "usr1", "1")).toBe("000001-listens got SIGUSR1");
    const ended = await stint.reach(1, "failed");
    expect(lastOf(ended)).toMatchObject({ exitCode: 3, logTail: expect.stringContaining("usr1") });
  });

  test.concurrent("is frozen while it is paused, and still ends when it is told to", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    const line = "trap 'echo saved; exit 0' TERM; while :; do echo tick; sleep 0.1; done";
    await submit(stint, task("ticks", `run: "${line}"`));
    await stint.up();
    const record = await stint.reach(1, "running");
    await until("it ticks", () => logOf(stint, record).includes("tick"));
    await stint.ok("pause", "1");
    const inside = (): number[] => markedProcesses(lastOf(record).token).filter(isInContainer);
    await until("all of it stands still", () => inside().every(isStandingStill));
    expect(inside().length).toBeGreaterThan(0);
    // A command of the engine that was stopped would keep its locks, and no other container could end.
    const runner = Number(logOf(stint, record, "container-runner").split("\n")[0]);
    expect(readFileSync(`/proc/${runner}/stat`, "utf8")).not.toContain(") T ");
    await stint.ok("resume", "1");
    const before = logOf(stint, record).length;
    await until("it goes on", () => logOf(stint, record).length > before);
    await stint.ok("pause", "1");
    await stint.ok("cancel", "1");
    const ended = await stint.reach(1, "cancelled");
    expect(lastOf(ended).logTail).toContain("saved");
  });

  test.concurrent("sees its run directory, its checkpoint and its volumes, and no process shows a value in its arguments", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    writeFileSync(join(stint.root, "data.txt"), "of the user");
    await submit(
      stint,
      [
        "name: look",
        "container:",
        `  image: ${IMAGE}`,
        "  network: none",
        "  volumes: ['./data.txt:/data/in.txt:ro']",
        "  workdir: /tmp",
        'env: {SECRET: hush-hush, LINES: "a\\nb"}',
        "run: |",
        '  echo "$SECRET $LINES $PWD $STINT_RUN_DIR"; cat /data/in.txt',
        `  echo '{"type":"METRIC","name":"acc","value":1}' >> $STINT_EVENTS`,
        "  touch $STINT_RUN_DIR/made $STINT_CHECKPOINT_DIR/kept",
        "  until test -e $STINT_RUN_DIR/go; do sleep 0.1; done; exit 5",
      ].join("\n"),
    );
    await stint.up();
    const running = await stint.reach(1, "running");
    const seen = Bun.spawnSync(["ps", "axww", "-o", "args="]).stdout.toString();
    expect(seen).not.toContain("hush-hush");
    const folder = `runs/${running.metadata.id}/1`;
    await until("the variables are wiped out", () => !stint.files(folder).includes("container-env"));
    writeFileSync(join(stint.home, folder, "go"), "");
    const record = await stint.reach(1, "failed");
    const failure = { code: "EXIT_NONZERO" };
    expect(lastOf(record)).toMatchObject({ exitCode: 5, failure, metrics: { acc: 1 } });
    expect(logOf(stint, record)).toBe("hush-hush a\nb /tmp /stint/run\nof the user");
    expect(stint.files(`runs/${record.metadata.id}/1`)).toContain("made");
    expect(stint.files(`runs/${record.metadata.id}/checkpoint`)).toContain("kept");
    await until("the container is removed", () => stint.containers("-a").length === 0);
  });

  test.concurrent("of a user other than the engine's can write to its folders, and can be a member of a sweep", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    await submit(
      stint,
      task(
        "other",
        "matrix: {user: [1234, 5678]}",
        "container.user: ${{ matrix.user }}",
        "script: |",
        "  #!/bin/sh",
        '  id -u | tee "$STINT_RUN_DIR/who" "$STINT_CHECKPOINT_DIR/who" "$STINT_ARTIFACTS_DIR/who"',
      ),
    );
    await stint.ok("drain");
    expect(stint.records().map((record) => logOf(stint, record, "who"))).toEqual(["1234\n", "5678\n"]);
    expect(stint.records().map((record) => lastOf(record)?.artifacts?.count)).toEqual([1, 1]);
  });

  test.concurrent("that prints faster than its engine can follow has all of it in its log", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    await submit(stint, task("talkative", "run: seq 1 200000; echo the last words; exit 3"));
    await stint.run(["drain"]);
    const numbers = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
    const log = logOf(stint, stint.record(1));
    // A difference of that size is not worth printing.
    expect([log.length, log.slice(-16)]).toEqual([numbers.length + 15, "\nthe last words\n"]);
    expect(log.startsWith(numbers)).toBe(true);
  });

  test.concurrent.each([
    [
      "alone",
      (stint: PodmanStint, record: RecordView) => {
        process.kill(Number(logOf(stint, record, "container-runner").split("\n")[0]), "SIGKILL");
      },
    ],
    ["with its recording parent", (_stint: PodmanStint, record: RecordView) => killRunners(record)],
  ])("whose runner is killed %s under a living supervisor is followed by another", async (_who, kill) => {
    await using stint = new PodmanStint();
    const record = await begunCount(stint);
    // Of the attempt, and older than the runner to come.
    await using _stray = Bun.spawn(["sleep", "60"], {
      env: { PATH: PROGRAMS, STINT_TOKEN: lastOf(record).token },
    });
    kill(stint, record);
    letCount(stint, record);
    const ended = await stint.reach(1, "failed");
    expect(ended.status.attempts).toHaveLength(1);
    expect(lastOf(ended)).toMatchObject({ exitCode: 7, signal: null });
    expect(logOf(stint, ended)).toBe(COUNTED);
    expect(markedProcesses(lastOf(ended).token)).toEqual([]);
  });

  test.concurrent("whose runner could not record itself gets no second one", async () => {
    await using stint = new PodmanStint();
    const record = await begunCount(stint);
    writeFileSync(join(stint.home, "runs", record.metadata.id, "1", "container-runner"), "");
    process.kill(leaderOf(record), "SIGKILL");
    letCount(stint, record);
    const ended = await stint.reach(1, "failed");
    expect(lastOf(ended)).toMatchObject({ exitCode: 7, signal: null });
    expect(logOf(stint, ended)).toBe(COUNTED);
    expect(logOf(stint, ended, "container-runner")).toBe("");
  });

  test.concurrent("that ended while its supervisor and its runner were dead gets its true outcome on record", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    await submit(stint, task("count", `run: ${COUNT}; exit 7`));
    const first = await stint.up();
    const record = await stint.reach(1, "running");
    first.kill("SIGKILL");
    await first.exited;
    killRunners(record);
    letCount(stint, record);
    await until("it has ended", () => stint.containers().length === 0);
    await stint.up();
    const ended = await stint.reach(1, "failed");
    expect(ended.status.attempts).toHaveLength(1);
    expect(lastOf(ended)).toMatchObject({ exitCode: 7, signal: null });
    expect(logOf(stint, ended)).toBe(COUNTED);
    await until("the container is removed", () => stint.containers("-a").length === 0);
  });

  test.concurrent("is gone before its cancel is on record, also where its runner was killed and the job ignores TERM", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    await submit(
      stint,
      task("stubborn", "run: 'trap \"\" TERM; while :; do sleep 0.2; done'", "stopGrace: 500ms"),
    );
    await stint.up();
    const record = await stint.reach(1, "running");
    // The record says so as soon as it is made: it may not have begun.
    await until("it has begun", () => stint.containers().length === 1);
    killRunners(record);
    await stint.ok("cancel", "1");
    await stint.reach(1, "cancelled");
    expect(stint.containers()).toEqual([]);
    expect(markedProcesses(lastOf(record).token)).toEqual([]);
  });

  test.concurrent.each([
    ["under a living supervisor", false],
    ["and whose supervisor was killed, too,", true],
  ])("whose recording parent alone was killed %s can still be cancelled", async (_how, isRestarted) => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    await submit(
      stint,
      task("polite", `run: 'trap "echo heard; exit 9" TERM; echo up; while :; do sleep 0.1; done'`),
    );
    const first = await stint.up();
    const record = await stint.reach(1, "running");
    await until("it has begun", () => logOf(stint, record) === "up\n");
    if (isRestarted) {
      first.kill("SIGKILL");
      await first.exited;
    }
    process.kill(leaderOf(record), "SIGKILL");
    if (isRestarted) await stint.up();
    await stint.ok("cancel", "1");
    // Well before its grace is over.
    const ended = await stint.reach(1, "cancelled");
    expect(logOf(stint, ended)).toBe("up\nheard\n");
    expect(lastOf(ended)).toMatchObject({ exitCode: 9, signal: null });
    expect(markedProcesses(lastOf(record).token)).toEqual([]);
  });

  test.concurrent("whose engine does not know its GPU fails, and does not run without the GPU", async () => {
    await using stint = new PodmanStint();
    using fake = new FakeNvidia();
    fake.lists();
    writeFileSync(join(stint.root, "task.yaml"), task("gpu", "run: echo without", "gpus: 1"));
    await stint.run(["run", "task.yaml"], { env: { ...fake.envOfMachine, ...ENGINE } });
    expect(lastOf(stint.record(1))).toMatchObject({
      failure: { code: "INVALID_SPEC", error: expect.stringContaining("nvidia-ctk cdi generate") },
    });
    expect(logOf(stint, stint.record(1))).toBe("");
  });

  test.concurrent("that a crash left is removed at the next start, and those of other homes are not", async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    await submit(stint, task("short", "run: 'true'"));
    const first = await stint.up();
    await stint.reach(1, "completed");
    first.kill("SIGKILL");
    await first.exited;
    const own = ["--name", `stint-left-${process.pid}`, "--label", `stint.home=${stint.home}`];
    const foreign = ["--name", `stint-foreign-${process.pid}`, "--label", `stint.home=${stint.home}x`];
    for (const flags of [own, foreign]) podman("create", "--network=none", ...flags, IMAGE, "/bin/true");
    await stint.up();
    await until("it is removed", () => stint.containers("-a").length === 0);
    expect(podman("rm", `stint-foreign-${process.pid}`).code).toBe(0);
  });
});
