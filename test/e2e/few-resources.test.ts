import { expect, test } from "bun:test";
import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";
import { STRANGER } from "../rig/surroundings.ts";

const asUser = ["setpriv", `--reuid=${STRANGER}`, "--clear-groups"];
const limited = (limit: string): string[] => ["prlimit", limit];

const canLimit = Bun.which("prlimit") !== null;
/** The superuser is not held to a number of processes, and only they can be another. */
const canBeUser =
  canLimit &&
  process.getuid?.() === 0 &&
  Bun.which("setpriv") !== null &&
  Bun.spawnSync([...asUser, "dist/stint", "--version"], { stdio: ["ignore", "ignore", "ignore"] })
    .exitCode === 0;

const JOBS = 40;

/** More jobs at a time than there is room for; none of them may fail. */
async function queueMany(stint: Stint, command: string, under: readonly string[] = []): Promise<void> {
  const tasks = Array.from({ length: JOBS }, (_, n) => `name: j${n}\ncommand: ${command}\nretries: 0\n`);
  const ran = await stint.run(["submit", "-"], { input: tasks.join("---\n"), under });
  expect(ran.code).toBe(0);
}

/** Each was done at one attempt, or at a later one where a start was refused before. */
async function allAreDone(stint: Stint): Promise<void> {
  await until("all are done", () => stint.records().every(({ status }) => status.state === "completed"));
  expect(stint.records().length).toBe(JOBS);
  for (const { status } of stint.records()) {
    expect(status).toMatchObject({ consecutiveFailures: 0, orphanCount: 0 });
    expect(status.attempts.at(-1)?.exitCode).toBe(0);
  }
}

test.if(canLimit)("a low limit of open files delays jobs, uncounted, and ls and explain say so", async () => {
  await using stint = new Stint();
  await queueMany(stint, `[sh, -c, "until test -e $HOME/go; do sleep 0.1; done"]`);
  const supervisor = await stint.upUnder({ under: limited("--nofile=40") }, "--jobs", String(JOBS));
  let [ls, explain] = ["", ""];
  while (ls === "") {
    // The last one: it waits for the longest.
    const listed = await stint.run(["ls"]);
    if (!listed.err.includes("too many files are open in stint")) continue;
    explain = (await stint.run(["explain", String(JOBS)])).out;
    if (explain.includes("EMFILE")) ls = listed.out;
  }
  writeFileSync(join(stint.root, "go"), "");
  expect(ls).toContain("no job can start");
  expect(explain).toContain("EMFILE");
  await allAreDone(stint);
  supervisor.kill("SIGTERM");
  const said = await new Response(supervisor.stdout).text();
  expect(said).toContain("no task starts for");
  expect(await supervisor.exited).toBe(0);
});

test.if(canBeUser)(
  "a low limit of processes delays jobs, and leaves the supervisor what it needs",
  async () => {
    await using stint = new Stint();
    chownSync(stint.root, STRANGER, STRANGER);
    await queueMany(stint, `[sleep, "0.5"]`, asUser);
    const under = [...asUser, ...limited("--nproc=40")];
    const supervisor = await stint.upUnder({ under }, "--jobs", String(JOBS));
    await allAreDone(stint);
    supervisor.kill("SIGTERM");
    expect(await new Response(supervisor.stdout).text()).toContain("few processes are left to this user");
    expect(await supervisor.exited).toBe(0);
  },
);

test.if(canLimit)("a supervisor works where its runtime may not make machine code", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "slow.yaml"), "run: sleep 60\ntimeout: 100ms\nretries: 0\n");
  const under = limited("--as=2000000000");
  const ran = await stint.run(["run", "slow.yaml"], { under });
  expect(ran.err).not.toContain("Internal error");
  expect(stint.record(1).status.attempts[0]?.failure?.code).toBe("TIMEOUT");
});
