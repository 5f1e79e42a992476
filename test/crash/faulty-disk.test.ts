import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInject, type Fault, runUnder, strike } from "../rig/faults.ts";
import { type Ran, Stint, until } from "../rig/stint.ts";
import { checkInvariants, marking, starts } from "./sweep.ts";

/** More calls of one kind than any of the commands makes. */
const MAX_CALLS = 40;
const FAULTS: readonly Fault[] = [
  { call: "fsync,fdatasync", error: "EIO" },
  { call: "rename", error: "EROFS" },
];

/** What a refusal says: what was tried, what the system answered, for which path, and what to do. */
function expectRefusal({ code, out, err }: Ran, stint: Stint, { error }: Fault): void {
  expect({ code, err }).toEqual({ code: 7, err: expect.stringContaining("Cannot ") as string });
  expect(err).toContain(error);
  expect(err).toContain(stint.root);
  expect(err.trim().split("\n").length).toBeGreaterThan(1);
  expect(err).not.toContain("Internal error");
  expect(out).toBe("");
}

/** Lets a command's disk fail from one call after the other on, each in a home of its own; gives how often it did. */
async function sweepCalls(
  fault: Fault,
  once: (stint: Stint, fault: Fault) => Promise<boolean>,
): Promise<number> {
  for (let nth = 1; nth <= MAX_CALLS; nth += 1) {
    await using stint = new Stint();
    if (!(await once(stint, { ...fault, when: `${nth}+` }))) return nth - 1;
    checkInvariants(stint, []);
    expect((await stint.run(["audit", "verify"])).code).toBe(0);
  }
  throw new Error(`more than ${MAX_CALLS} calls of ${fault.call}`);
}

/** A supervisor that has begun and owes the disk nothing, with one task that is held. */
async function upAtRest(stint: Stint): ReturnType<Stint["up"]> {
  const supervisor = await stint.up();
  await stint.ok("submit", "--hold", "--", "true");
  await until("it is at rest", () => stint.textOf("home/audit.ndjson").includes('"task_queued"'));
  return supervisor;
}

/** Waits until a supervisor has tried its disk once more in vain: by then it has seen all that was there before. */
async function untilRefusedAgain(stint: Stint): Promise<void> {
  const refusals = (): number => stint.textOf("strace.log").split("(INJECTED)").length;
  const before = refusals();
  await until("the disk was tried again", () => refusals() >= before + 1);
}

/** Errors in the place of real system calls, by strace; `apt-get install strace` where they are skipped. */
describe.skipIf(!canInject)("with system calls that fail", () => {
  test.concurrent.each(FAULTS)("submit acknowledges only what is on disk: $call $error", async (kind) => {
    const struck = await sweepCalls(kind, async (stint, fault) => {
      await stint.ok("submit", "--hold", "--", "true");
      const ran = await runUnder(stint, ["submit", "-"], {
        fault,
        input: marking(stint, { name: "told" }),
      });
      if (ran.code !== 0) expectRefusal(ran, stint, fault);
      await stint.ok("drain");
      const told = stint.records().filter(({ metadata }) => metadata["name"] === "told");
      if (ran.code === 0) {
        expect(told.map(({ metadata, status }) => [metadata.id, status.state])).toEqual([
          [ran.out.trim(), "completed"],
        ]);
      } else if (told.length > 0) expect(ran.err).toContain("the tasks may be queued all the same");
      expect(Object.values(starts(stint))).toEqual(told.map(() => 1));
      return ran.struck;
    });
    expect(struck).toBeGreaterThan(3);
  });

  test.concurrent.each(FAULTS)(
    "cancel answers only when the change is on disk: $call $error",
    async (kind) => {
      const isDone = (stint: Stint): boolean => stint.record(1).status.state === "cancelled";
      const struck = await sweepCalls(kind, async (stint, fault) => {
        await stint.ok("submit", "--hold", "--", "true");
        const ran = await runUnder(stint, ["cancel", "1"], { fault });
        // What comes after the last sync is the release of the lock.
        if (fault.call === "fsync") expect(ran.code).toBe(ran.struck ? 7 : 0);
        if (ran.code === 0) expect(isDone(stint)).toBeTrue();
        else {
          expectRefusal(ran, stint, fault);
          // Once the disk works again it is done as if nothing had been, or is found done.
          expect([0, 4]).toContain((await stint.run(["cancel", "1"])).code);
          expect(isDone(stint)).toBeTrue();
        }
        expect(stint.records()).toHaveLength(1);
        return ran.struck;
      });
      expect(struck).toBeGreaterThan(1);
    },
  );

  test.concurrent.each([
    // Bun's rm says EFAULT for an EIO.
    { call: "unlink", error: "EROFS" },
    { call: "unlinkat", error: "EROFS" },
    { call: "fsync,fdatasync", error: "EIO" },
  ])("clean names what it could not remove, and the next clean removes it: $call $error", async (kind) => {
    const struck = await sweepCalls(kind, async (stint, fault) => {
      await stint.ok("run", "--", "true");
      const ran = await runUnder(stint, ["clean", "--older-than", "0s"], { fault });
      if (ran.code !== 0) {
        expect(ran.code).toBe(7);
        expect(ran.err).toContain(fault.error);
        expect(ran.err).toContain(stint.root);
        await stint.ok("clean", "--older-than", "0s");
      }
      expect(stint.records()).toEqual([]);
      expect(stint.files("runs")).toEqual([]);
      return ran.struck;
    });
    expect(struck).toBeGreaterThan(0);
  });

  test.concurrent.each([...FAULTS, { call: "mkdir", error: "EROFS" }])(
    "a supervisor that cannot write at all says why and ends: $call $error",
    async (fault) => {
      await using stint = new Stint();
      await stint.ok("submit", "--hold", "--", "true");
      expectRefusal(await runUnder(stint, ["up"], { fault }), stint, fault);
      expect(stint.owner()).toBeNull();
      await stint.up();
      await stint.ok("down");
    },
  );

  test.concurrent.each(FAULTS)(
    "a supervisor whose disk fails keeps its jobs, starts nothing, says so, and resumes by itself: $call $error",
    async (fault) => {
      await using stint = new Stint();
      const supervisor = await stint.up("--jobs", "1");
      const job = (name: string, line: string): string =>
        `name: ${name}\nrun: echo $STINT_TASK_ID >> ${join(stint.root, "starts")}; ${line}\n`;
      const go = join(stint.root, "go");
      await stint.run(["submit", "-"], {
        input: `${job("first", `until test -e ${go}; do sleep 0.05; done; exit 3`)}---\n${job("second", "true")}`,
      });
      await stint.reach(1, "running");
      let order: Promise<Ran>;
      {
        await using _fault = await strike(stint, supervisor.pid, fault);
        // A healthy process has these on disk: they are acknowledged, and wait.
        expect((await stint.run(["submit", "-"], { input: job("third", "true") })).code).toBe(0);
        writeFileSync(join(stint.home, "inbox", "dropped.yaml"), job("fourth", "true"));
        await until("the trouble is noted", () => stint.files(".").includes("obstacle.json"));
        const listed = await stint.run(["ls"]);
        expect(listed.err).toContain(fault.error);
        expect(listed.err).toContain("no job starts until that is fixed");
        const doctor = await stint.run(["doctor"]);
        expect(doctor.code).toBe(1);
        expect(doctor.out).toContain(fault.error);
        writeFileSync(go, "");
        await until("the first job has ended", () =>
          stint.files("runs/000001-first/1").includes("exit.json"),
        );
        order = stint.run(["cancel", "2"]);
        await until("it is asked for", () => stint.files("requests").length > 0);
        await untilRefusedAgain(stint);
        // Its end cannot be written, so nothing takes its place.
        expect(stint.record(1).status.state).toBe("running");
        expect(Object.keys(starts(stint))).toEqual(["000001-first"]);
        expect(supervisor.exitCode).toBeNull();
      }
      // It waits for its answer for five seconds, in which the disk may not be tried again yet.
      expect((await order).code).toBe(0);
      expect((await stint.reach(1, "failed")).status.attempts.map(({ exitCode }) => exitCode)).toEqual([3]);
      await stint.reach(2, "cancelled");
      await stint.reach(3, "completed");
      await until("the file was taken", () => stint.records().length === 4);
      await stint.reach(4, "completed");
      expect((await stint.run(["ls"])).err).not.toContain("no job starts until");
      await stint.ok("down");
      checkInvariants(stint, []);
      expect(Object.values(starts(stint))).toEqual([1, 1, 1]);
      expect((await stint.run(["audit", "verify"])).code).toBe(0);
    },
  );

  test.concurrent.each(["1", "2", "3", "4", "5", "5+"])(
    "an inbox file is queued once, whichever of the five syncs of its acceptance fails: %s",
    async (when) => {
      await using stint = new Stint();
      const supervisor = await upAtRest(stint);
      {
        await using _fault = await strike(stint, supervisor.pid, { call: "fsync", error: "EIO", when });
        writeFileSync(join(stint.home, "inbox", "one.yaml"), marking(stint, { name: "one" }));
        await until("the trouble is noted", () => stint.files(".").includes("obstacle.json"));
      }
      await until("it was queued", () => stint.records().length > 1);
      await stint.reach(stint.records()[1]?.metadata.number ?? 0, "completed");
      await until("the file is kept", () => stint.files("inbox/.accepted").length > 0);
      expect(stint.files("inbox").filter((name) => name.endsWith(".yaml"))).toEqual([]);
      expect(stint.files("inbox/.accepted")).toEqual(["one.yaml"]);
      await stint.ok("down");
      expect(Object.values(starts(stint))).toEqual([1]);
      checkInvariants(stint, []);
    },
  );

  test.concurrent("an inbox file that cannot be moved is reported once, and taken once it can be", async () => {
    await using stint = new Stint();
    const supervisor = await upAtRest(stint);
    {
      await using _fault = await strike(stint, supervisor.pid, { call: "rename", error: "EIO" });
      writeFileSync(join(stint.home, "inbox", "one.yaml"), marking(stint, { name: "one" }));
      await until("it was tried twice", () => stint.textOf("strace.log").split("(INJECTED)").length > 2);
    }
    await stint.reach(2, "completed");
    await stint.ok("down");
    const said = await new Response(supervisor.stdout).text();
    expect(said.split("one.yaml is left alone: Cannot take ")).toHaveLength(2);
  });

  test.concurrent.each(FAULTS)(
    "a request that can be neither carried out nor answered is carried out and answered once the disk works: $call $error",
    async (fault) => {
      await using stint = new Stint();
      const supervisor = await upAtRest(stint);
      let order: Promise<Ran>;
      {
        await using _fault = await strike(stint, supervisor.pid, fault);
        order = stint.run(["cancel", "1"]);
        // The record, and then the reply.
        await until("both were refused", () => stint.textOf("strace.log").split("(INJECTED)").length > 2);
        expect(supervisor.exitCode).toBeNull();
      }
      expect((await order).code).toBe(0);
      await stint.reach(1, "cancelled");
    },
  );

  test.concurrent("an audit log that can be neither synced nor truncated delays nothing, and is complete afterwards", async () => {
    await using stint = new Stint();
    const supervisor = await upAtRest(stint);
    {
      const call = "fdatasync,ftruncate";
      await using _fault = await strike(stint, supervisor.pid, { call, error: "EIO" });
      await stint.ok("submit", "--", "true");
      await stint.reach(2, "completed");
    }
    await stint.ok("submit", "--", "true");
    await stint.reach(3, "completed");
    await stint.ok("down");
    expect((await stint.run(["audit", "verify"])).err).toBe("");
    expect(stint.textOf("home/audit.ndjson").split('"task_completed"')).toHaveLength(3);
  });

  test.concurrent("an accepted task whose record cannot be opened for a while is reported, and runs afterwards", async () => {
    await using stint = new Stint();
    const supervisor = await upAtRest(stint);
    const path = join(stint.home, "pending", "000002-late.json");
    {
      await using _fault = await strike(stint, supervisor.pid, {
        call: "openat,open",
        error: "EMFILE",
        path,
      });
      await stint.ok("submit", "--name", "late", "--", "true");
      await until("it is told of", () => stint.files(".").includes("obstacle.json"));
      expect(await stint.ok("explain", "2")).toContain("Accepted, but the supervisor cannot queue it yet");
      expect((await stint.run(["doctor"])).out).toContain("the accepted task 000002-late cannot be queued");
      expect((await stint.run(["ls"])).err).toContain("1 accepted task that the supervisor cannot queue yet");
    }
    await stint.reach(2, "completed");
    await until("nothing is told any more", () => !stint.files(".").includes("obstacle.json"));
  });
});
