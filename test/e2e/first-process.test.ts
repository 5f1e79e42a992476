import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Stint } from "../rig/stint.ts";

/** A pid namespace of its own, as a container without an init has; a sandbox may refuse it. */
const ALONE = ["unshare", "--pid", "--fork", "--mount-proc"];
const canUnshare =
  Bun.which("unshare") !== null && Bun.spawnSync([...ALONE, "true"], { stderr: "ignore" }).exitCode === 0;

test.if(canUnshare)(
  "a drain that is the first process of a container reaps orphans, and ends with its own exit code",
  async () => {
    await using stint = new Stint();
    const orphans = "for n in 1 2 3; do (setsid sleep 0.1 &); done";
    const zombies = `sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status; head -n 1 /proc/1/status`;
    const tasks = [`run: ${orphans}; ${zombies}`, "run: exit 3\nretries: 0"];
    await stint.run(["submit", "-"], { input: tasks.join("\n---\n") });
    const drained = await stint.run(["drain", "--jobs", "1"], { under: ALONE });
    expect(drained.code).toBe(1);
    const [first, second] = stint.records();
    expect(first?.status.attempts[0]?.logTail).toBe("Name:\tsh");
    expect(second?.status.state).toBe("failed");
  },
);

test.if(canUnshare)("a supervisor that is the first process of a container ends at a TERM", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  const outer = stint.start(["up"], { under: ALONE });
  await stint.reach(1, "completed");
  const [first] = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8").trim().split(" ");
  process.kill(Number(first), "SIGTERM");
  expect(await new Response(outer.stdout).text()).toContain("SIGTERM: exiting, jobs keep running");
  expect(await outer.exited).toBe(0);
});
