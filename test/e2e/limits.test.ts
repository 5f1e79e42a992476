import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { groupsOf, HAS_GROUPS, HOG } from "../rig/groups.ts";
import { Stint, until } from "../rig/stint.ts";

const MIB = 1_048_576;
/** A job that goes on when the test lets it: what it does by the clock may be over before its supervisor is killed. */
const UNTIL_GO = "until test -e $HOME/go; do sleep 0.05; done";

async function queue(stint: Stint, yaml: string): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: yaml });
  if (code !== 0) throw new Error(err);
}

describe.skipIf(!HAS_GROUPS)("limits, where control groups of version 1 are ours to make", () => {
  test("memory: a job over its limit is killed, and OOM_KILLED is on record with the peak", async () => {
    await using stint = new Stint();
    await queue(stint, `run: ${HOG}\nlimits: { memory: 64MiB }\n`);
    expect((await stint.run(["drain"])).code).toBe(1);
    const { status } = stint.record(1);
    expect(status.attempts).toHaveLength(1);
    expect(status.attempts[0]).toMatchObject({
      exitCode: 137,
      failure: { class: "resource", code: "OOM_KILLED", rule: "cgroup:oom-kill" },
    });
    const peak = status.attempts[0]?.peakMemoryBytes ?? 0;
    expect(peak).toBeGreaterThan(60 * MIB);
    expect(peak).toBeLessThanOrEqual(64 * MIB);
    expect(groupsOf(stint.record(1))).toEqual([]);
    expect(await stint.ok("show", "1")).toContain("peak memory 64 MiB");
  });

  test("memory: a killed child is no failure of a job that succeeds", async () => {
    await using stint = new Stint();
    await queue(stint, `run: ${HOG}; exit 0\nlimits: { memory: 64MiB }\n`);
    await stint.run(["drain"]);
    const { status } = stint.record(1);
    expect(status.state).toBe("completed");
    expect(status.attempts[0]?.peakMemoryBytes).toBeGreaterThan(60 * MIB);
  });

  test("memory: a SIGKILL from elsewhere is not taken for an OOM kill", async () => {
    await using stint = new Stint();
    await queue(stint, "run: kill -9 $$\nlimits: { memory: 64MiB }\nretry: { maxAttempts: 1 }\n");
    await stint.run(["drain"]);
    expect(stint.record(1).status.attempts[0]?.failure?.code).toBe("KILLED");
  });

  test("pids: a fork bomb stays within its limit and is ended with all of its children", async () => {
    await using stint = new Stint();
    await stint.up();
    await queue(
      stint,
      "run: |\n  bomb() { bomb | bomb & }\n  bomb\n  exec sleep 60\nlimits: { pids: 40 }\nstopGrace: 0s\n",
    );
    const running = await stint.reach(1, "running");
    const [group = ""] = groupsOf(running).filter((path) => existsSync(join(path, "pids.max")));
    const read = (file: string): number => Number(readFileSync(join(group, file), "utf8"));
    expect(read("pids.max")).toBe(40);
    await until("it has met its limit", () =>
      /^max [1-9]/m.test(readFileSync(join(group, "pids.events"), "utf8")),
    );
    expect(read("pids.current")).toBeLessThanOrEqual(40);
    await stint.ok("cancel", "1");
    await stint.reach(1, "cancelled");
    expect(groupsOf(running)).toEqual([]);
  });

  test("a process that drops its token and leaves its session is found in the control group, and ended with the job", async () => {
    await using stint = new Stint();
    // No other run of this test has the same.
    const span = `20.${process.pid}${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    await queue(stint, `run: env -i setsid sleep ${span} & exit 0\nlimits: { pids: 40 }\nstopGrace: 100ms\n`);
    await stint.run(["drain"]);
    expect(stint.record(1).status.state).toBe("completed");
    expect(groupsOf(stint.record(1))).toEqual([]);
    const alive = Bun.spawnSync(["pgrep", "-f", `^sleep ${span}$`]).stdout.toString();
    expect(alive).toBe("");
  });

  test("cpus: the quota is set before the first instruction", async () => {
    await using stint = new Stint();
    await stint.up();
    await stint.ok("submit", "--at", "1h", "--", "sleep", "60");
    await stint.ok("set", "1", "limits.cpus=0.25", "notBefore=default");
    const running = await stint.reach(1, "running");
    const [group = ""] = groupsOf(running).filter((path) => existsSync(join(path, "cpu.cfs_quota_us")));
    expect(readFileSync(join(group, "cpu.cfs_quota_us"), "utf8")).toBe("25000\n");
    const procs = (): string => readFileSync(join(group, "cgroup.procs"), "utf8").trim();
    await until("the job is in it", () => procs() !== "");
    const members = procs().split("\n");
    // The recording parent stays outside.
    expect(members).toHaveLength(1);
    expect(members).not.toContain(String(running.status.attempts[0]?.process?.pid));
    await stint.ok("cancel", "1", "--force");
    await stint.reach(1, "cancelled");
  });

  test("cpus: a busy job is throttled", async () => {
    await using stint = new Stint();
    await queue(
      stint,
      `run: |
  timeout 1 sh -c 'while :; do :; done'
  cat /sys/fs/cgroup/cpu$(sed -n 's/^[0-9]*:\\(cpu\\|cpu,cpuacct\\)://p' /proc/self/cgroup)/cpu.stat
limits: { cpus: 0.1 }
`,
    );
    await stint.run(["drain"]);
    expect(stint.record(1).status.attempts[0]?.logTail).toMatch(/^nr_throttled [1-9]/m);
  });

  test("a kill while no supervisor runs is recorded with its peak by the next one", async () => {
    await using stint = new Stint();
    const first = await stint.up();
    await queue(stint, `run: ${UNTIL_GO}; ${HOG}\nlimits: { memory: 64MiB }\n`);
    const running = await stint.reach(1, "running");
    first.kill("SIGKILL");
    await first.exited;
    writeFileSync(join(stint.root, "go"), "");
    const exit = join(stint.home, "runs", running.metadata.id, "1", "exit.json");
    await until("the job has ended with no supervisor", () => existsSync(exit));
    await stint.up();
    const { status } = await stint.reach(1, "failed");
    expect(status.attempts[0]?.failure?.code).toBe("OOM_KILLED");
    expect(status.attempts[0]?.peakMemoryBytes).toBeGreaterThan(60 * MIB);
    expect(groupsOf(running)).toEqual([]);
  });

  test("a control group without an open attempt is removed at the next start", async () => {
    await using stint = new Stint();
    const first = await stint.up();
    await queue(stint, `run: ${UNTIL_GO}\nlimits: { pids: 9 }\n`);
    const running = await stint.reach(1, "running");
    first.kill("SIGKILL");
    await first.exited;
    writeFileSync(join(stint.root, "go"), "");
    const [some = ""] = groupsOf(running);
    await until("the job has left its group", () => readFileSync(join(some, "cgroup.procs"), "utf8") === "");
    Bun.spawnSync(["rm", "-r", join(stint.home, "runs", running.metadata.id)]);
    expect(groupsOf(running)).not.toEqual([]);
    await stint.run(["drain"]);
    expect(groupsOf(running)).toEqual([]);
  });

  test("a job without limits gets a control group, and no command in front of it", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "sh", "-c", "cat /proc/self/cgroup");
    await stint.run(["drain"]);
    const { status, metadata } = stint.record(1);
    const [, path = ""] = /^\d+:pids:(.*\/stint-.*)$/m.exec(status.attempts[0]?.logTail ?? "") ?? [];
    expect(path).toEndWith(status.attempts[0]?.token ?? "none");
    // It goes with the job.
    expect(existsSync(join("/sys/fs/cgroup/pids", path))).toBeFalse();
    expect(status.attempts[0]?.peakMemoryBytes).toBeUndefined();
    expect(stint.files(`runs/${metadata.id}/1`).toSorted()).toEqual(["exit.json", "output.log", "start"]);
  });
});

describe("limits of each process", () => {
  test("are set, both hard and soft", async () => {
    await using stint = new Stint();
    await queue(
      stint,
      "run: ulimit -n; ulimit -Hn; cat /proc/self/limits\nlimits: { openFiles: 77, core: 0, fileSize: 1MiB, addressSpace: 8GiB }\n",
    );
    await stint.run(["drain"]);
    const tail = stint.record(1).status.attempts[0]?.logTail ?? "";
    expect(tail).toStartWith("77\n77\n");
    expect(tail).toMatch(/Max core file size +0 +0/);
    expect(tail).toMatch(/Max file size +1048576 +1048576/);
    expect(tail).toMatch(/Max address space +8589934592 +8589934592/);
  });

  test("that the system refuses fail the task with a message, and are skipped with bestEffort", async () => {
    await using stint = new Stint();
    const run = "run: echo ran\nlimits: { openFiles: 99999999999";
    await queue(stint, `${run} }\n---\n${run}, bestEffort: true }\n`);
    await stint.run(["drain"]);
    const [strict, loose] = stint.records();
    expect(strict?.status.attempts[0]?.failure).toMatchObject({
      code: "INVALID_SPEC",
      error: "Cannot enforce limits.openFiles: the system refused the value",
    });
    expect(strict?.status.attempts[0]?.logTail).toBeUndefined();
    expect(loose?.status.attempts[0]).toMatchObject({
      state: "completed",
      logTail: "ran",
      unenforced: ["limits.openFiles"],
    });
  });
});

/** Runs stint where the machine shows no control groups: a mount namespace of its own, without them. */
const BARE = ["unshare", "--mount", "sh", "-c", 'umount -l /sys/fs/cgroup && exec "$@"', "sh"];
const canHide = Bun.spawnSync([...BARE, "true"]).success;

describe.skipIf(!canHide)("where nothing can be enforced (tried where a mount namespace can be made)", () => {
  const hidden = (stint: Stint, args: readonly string[], input = ""): { code: number; text: string } => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([...BARE, join("dist", "stint"), ...args], {
      env: stint.env,
      stdin: new TextEncoder().encode(input),
    });
    return { code: exitCode, text: `${stdout.toString()}${stderr.toString()}` };
  };

  test("a task with such a limit is refused, and nothing is queued", async () => {
    await using stint = new Stint();
    const { code, text } = hidden(stint, ["submit", "-"], "run: true\nlimits: { memory: 1GB, pids: 9 }\n");
    expect(code).toBe(7);
    expect(text).toContain("limits.memory, limits.pids cannot be enforced on this machine");
    expect(stint.records()).toEqual([]);
    const checked = hidden(stint, ["validate", "-"], "run: true\nlimits: { pids: 9 }\n");
    expect(checked.text).toContain('Cannot run "true": limits.pids cannot be enforced on this machine');
    expect(hidden(stint, ["doctor"]).text).toContain("cannot be enforced: no control groups are mounted");
  });

  test.skipIf(!HAS_GROUPS)("a task that was accepted elsewhere fails without running", async () => {
    await using stint = new Stint();
    await queue(stint, "run: touch ran\nlimits: { memory: 1GB }\n");
    hidden(stint, ["drain"]);
    expect(stint.record(1).status.attempts[0]?.failure).toMatchObject({
      code: "INVALID_SPEC",
      error: "Cannot enforce limits.memory on this machine",
    });
    expect(existsSync(join(stint.root, "ran"))).toBeFalse();
  });

  test("bestEffort runs the task, and the attempt names what is not enforced", async () => {
    await using stint = new Stint();
    const yaml = "run: echo ran\nlimits: { memory: 1GB, cpus: 1, openFiles: 50, bestEffort: true }\n";
    expect(hidden(stint, ["submit", "-"], yaml).code).toBe(0);
    expect(hidden(stint, ["drain"]).code).toBe(0);
    expect(stint.record(1).status.attempts[0]).toMatchObject({
      state: "completed",
      logTail: "ran",
      unenforced: ["limits.memory", "limits.cpus"],
    });
    expect(await stint.ok("show", "1")).toContain("limits.memory, limits.cpus could not be enforced");
  });
});

const NO_GROUPS = ["unshare", "--mount", "sh", "-ec", `umount -R /sys/fs/cgroup; exec "$0" "$@"`];
const canHideGroups = Bun.spawnSync([...NO_GROUPS, "true"], { stderr: "ignore" }).exitCode === 0;

test.skipIf(!canHideGroups)(
  "doctor says what a machine without control groups means for the end of a job",
  async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "--", "true");
    expect((await stint.run(["doctor"], { under: NO_GROUPS })).out).toContain(
      "warn no control group can be created for a job: processes that detach from it",
    );
  },
);
