import { expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInject, runUnder } from "../rig/faults.ts";
import { leaderOf, Stint, until } from "../rig/stint.ts";

/** The arguments of strace(1) under which a program cannot open one file; -D: the tracer is the child, and the program what was started. */
function withoutFile(stint: Stint, path: string): string[] {
  const log = join(stint.root, "strace.log");
  return ["-D", "-o", log, "-e", "trace=openat", "-P", path, "-e", "inject=openat:error=EIO"];
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Starts a supervisor that cannot open one file from its first step on; calling back lets it be. */
async function upWithout(stint: Stint, path: string): Promise<() => void> {
  const { pid } = await stint.upUnder({ under: ["strace", ...withoutFile(stint, path)] });
  const tracer = tracerOf(pid);
  return () => process.kill(tracer, "SIGKILL");
}

const notReadYet = (id: string): string => `{"batch":"${id}","message":"Cannot read the record of a task`;

test.skipIf(!canInject)(
  "a job whose record cannot be read when its supervisor is replaced is taken over later, and its end is on record",
  async () => {
    await using stint = new Stint();
    await stint.up();
    const go = join(stint.root, "go");
    await stint.ok("submit", "--name", "job", "--", "sh", "-c", `until test -e ${go}; do sleep 0.05; done`);
    const { metadata } = await stint.reach(1, "running");
    await stint.ok("submit", "--name", "next", "--hold", "--", "true");
    await until("both are known", () => stint.textOf("home/audit.ndjson").includes("000002-next"));
    const leader = leaderOf(stint.record(1));
    await stint.killSupervisors();
    const letBe = await upWithout(stint, join(stint.home, "running", `${metadata.id}.json`));
    await until("it is told of", () => stint.textOf("home/obstacle.json").includes(notReadYet(metadata.id)));
    const { out } = await stint.run(["doctor"]);
    expect(out).toContain(`${metadata.id} cannot be queued: Cannot read the record`);
    expect((await stint.run(["clean"])).err).toContain("Cannot clean up");
    // All else goes on.
    await stint.ok("release", "2");
    await stint.reach(2, "completed");
    letBe();
    await until("it is taken over", () => !stint.files(".").includes("obstacle.json"));
    expect(leaderOf(stint.record(1))).toBe(leader);
    await Bun.write(go, "");
    expect((await stint.reach(1, "completed")).status.attempts).toHaveLength(1);
  },
);

test.skipIf(!canInject)(
  "a queued task whose record cannot be read at a start is started later, once",
  async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "job", "--", "sh", "-c", `echo ran >> ${stint.root}/ran`);
    const id = "000001-job";
    const letBe = await upWithout(stint, join(stint.home, "pending", `${id}.json`));
    await until("it is told of", () => stint.textOf("home/obstacle.json").includes(notReadYet(id)));
    expect((await stint.run(["ls"])).out).toMatch(/^1 .* accepted, being queued$/m);
    expect((await stint.run(["explain", "1"])).out).toContain("the supervisor cannot queue it yet");
    letBe();
    await stint.reach(1, "completed");
    expect(stint.textOf("ran")).toBe("ran\n");
  },
);

test.skipIf(!canInject)(
  "a drain waits a moment for a queued task whose record cannot be read at its start, and starts it",
  async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "job", "--", "sh", "-c", `echo ran >> ${stint.root}/ran`);
    const id = "000001-job";
    const path = join(stint.home, "pending", `${id}.json`);
    const drain = stint.start(["drain"], { under: ["strace", ...withoutFile(stint, path)] });
    await until("it is told of", () => stint.textOf("home/obstacle.json").includes(notReadYet(id)));
    process.kill(tracerOf(Number(stint.owner()?.["pid"])), "SIGKILL");
    expect(await drain.exited).toBe(0);
    expect(stint.record(1).status.state).toBe("completed");
    expect(stint.textOf("ran")).toBe("ran\n");
  },
);

test.skipIf(!canInject)("a drain says that a task is left whose record cannot be read", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "job", "--", "true");
  const path = join(stint.home, "pending", "000001-job.json");
  const fault = { call: "openat", error: "EIO", path };
  const { code, out } = await runUnder(stint, ["drain", "--quiet"], { fault });
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/^000001-job left: Cannot read the record of a task: .*EIO/),
  });
});

test.skipIf(!canInject)(
  "the end of a task that a power cut lost is written again, also where its record cannot be read at the start",
  async () => {
    await using stint = new Stint();
    const first = await stint.up();
    await stint.ok("submit", "--name", "job", "--", "true");
    await stint.reach(1, "completed");
    first.kill("SIGKILL");
    await first.exited;
    // The power cut: the name of the record was on the disk, and its content was not.
    const path = join(stint.home, "done", "000001-job.json");
    truncateSync(path);
    for (const name of stint.files("journal")) {
      const segment = join(stint.home, "journal", name);
      writeFileSync(segment, readFileSync(segment, "utf8").replace(/^.*\n/, "another boot\n"));
    }
    const letBe = await upWithout(stint, path);
    await until("it is told of", () => stint.textOf("home/obstacle.json").includes("000001-job"));
    letBe();
    await stint.reach(1, "completed");
    expect(stint.record(1).status.attempts).toHaveLength(1);
  },
);
