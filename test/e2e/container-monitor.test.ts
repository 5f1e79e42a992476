import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastOf, logOf, PodmanStint, podman, preparePodman, submit, task } from "../rig/podman.ts";
import { type RecordView, until } from "../rig/stint.ts";
import { PROGRAMS } from "../rig/surroundings.ts";

const JOB = "echo one; until test -e $STINT_RUN_DIR/go; do sleep 0.1; done; echo two; exit 7";

test.skipIf(preparePodman() !== null)(
  "a container whose monitor is killed is lost once its processes have ended, and not before",
  async () => {
    await using stint = new PodmanStint();
    // A minute of looks passes in seconds.
    const hurried = join(stint.root, "hurried");
    mkdirSync(hurried);
    writeFileSync(join(hurried, "sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n", { mode: 0o755 });
    await stint.ok("init");
    await submit(stint, task("unwatched", `run: ${JOB}`));
    await stint.upUnder({ env: { PATH: `${hurried}:${PROGRAMS}` } });
    const record = await stint.reach(1, "running");
    const folder = `runs/${record.metadata.id}/1`;
    await until("its runner has seen it", () => stint.files(folder).includes("container-pid"));
    await until("it has begun", () => logOf(stint, record) === "one\n");
    const name = `stint-${lastOf(record).token}`;
    process.kill(Number(podman("inspect", "--format", "{{.State.ConmonPid}}", name).out), "SIGKILL");
    writeFileSync(join(stint.home, folder, "go"), "");
    const first = (): RecordView["status"]["attempts"][number] | undefined =>
      stint.record(1).status.attempts[0];
    await until("it is lost", () => first()?.failure !== undefined);
    expect(first()).toMatchObject({
      exitCode: null,
      failure: { code: "STALE_WORKER", error: expect.stringContaining("its monitor was killed") },
    });
    expect(logOf(stint, record)).toBe("one\ntwo\n");
    await until("the container is removed", () => !stint.containers("-a").includes(name));
  },
);

test.skipIf(preparePodman() !== null)(
  "the monitor of a container with a memory limit, which is in the group of the limit, gets none of the job's signals",
  async () => {
    await using stint = new PodmanStint();
    await stint.ok("init");
    const deaf = "trap '' TERM; trap 'echo usr1' USR1; echo up; while :; do sleep 0.1; done";
    await submit(stint, task("deaf", `run: "${deaf}"`, "limits: {memory: 64MiB}", "stopGrace: 0s"));
    await stint.up();
    const record = await stint.reach(1, "running");
    await until("it has begun", () => logOf(stint, record) === "up\n");
    await stint.ok("cancel", "--signal", "usr1", "1");
    await until("it got the signal", () => logOf(stint, record).includes("usr1"));
    const monitor = podman(
      "inspect",
      "--format",
      "{{.State.ConmonPid}}",
      `stint-${lastOf(record).token}`,
    ).out;
    const stateOfMonitor = (): string => readFileSync(`/proc/${monitor}/status`, "utf8");
    await stint.ok("pause", "1");
    expect(stateOfMonitor()).not.toContain("State:\tT");
    await stint.ok("cancel", "1");
    const ended = await stint.reach(1, "cancelled");
    expect(lastOf(ended)).toMatchObject({ exitCode: null, signal: "SIGKILL" });
  },
);
