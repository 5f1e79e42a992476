import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeNvidia, GPU_A, GPU_B } from "../rig/fake-nvidia.ts";
import { Stint, until } from "../rig/stint.ts";

/** What turns into a program that inherits signals so; env(1) of some systems cannot. */
const env = (...flags: string[]): string[] => ["env", ...flags];
const ignoring = (...signals: string[]): string[] =>
  env(...signals.map((signal) => `--ignore-signal=${signal}`));
const BLOCKED = ["--block-signal=TERM", "--block-signal=USR1"];
const canInherit = Bun.spawnSync([...env(...BLOCKED), "true"], { stderr: "ignore" }).exitCode === 0;

test.if(canInherit)("run mirrors an exit code though its parent ignored SIGCHLD", async () => {
  await using stint = new Stint();
  const under = ignoring("CHLD");
  const ran = await stint.run(["run", "--retries", "0", "--", "sh", "-c", "exit 3"], { under });
  expect(ran.code).toBe(3);
});

test.if(canInherit)(
  "a supervisor whose parent ignored SIGCHLD notices the ends of jobs, tools and hooks, and can cancel",
  async () => {
    await using stint = new Stint();
    using fake = new FakeNvidia();
    const tools = fake.envOfMachine;
    await stint.upUnder({ under: ignoring("CHLD"), env: tools });
    const hook = `{success: {command: [sh, -c, 'echo told >> $HOME/news']}}`;
    writeFileSync(
      join(stint.root, "tasks.yaml"),
      `name: fails\nrun: exit 3\nretries: 0\n---\nname: tells\nrun: test -n "$CUDA_VISIBLE_DEVICES"\ngpus: 1\non: ${hook}\n---\nname: waits\nrun: sleep 60\n`,
    );
    expect((await stint.run(["submit", "tasks.yaml"], { env: tools })).code).toBe(0);
    const { status } = await stint.reach(1, "failed");
    expect(status.attempts[0]).toMatchObject({ exitCode: 3, failure: { code: "EXIT_NONZERO" } });
    await stint.reach(2, "completed");
    await until("the hook has told", () => stint.textOf("news") === "told\n");
    await stint.reach(3, "running");
    await stint.ok("cancel", "3");
    await stint.reach(3, "cancelled");
    const gpus = await stint.run(["gpus"], { env: tools, under: ignoring("CHLD") });
    expect(gpus.out).toContain(GPU_A);
    expect(gpus.out).toContain(GPU_B);
  },
);

test.if(canInherit)("a job gets default signal handling, whatever its supervisor's parent set", async () => {
  await using stint = new Stint();
  const under = [...ignoring("CHLD", "HUP", "INT", "PIPE", "USR1"), ...BLOCKED];
  await stint.upUnder({ under });
  await stint.ok("submit", "--", "grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status");
  const { status } = await stint.reach(1, "completed");
  expect(status.attempts[0]?.logTail).toMatch(/^SigBlk:\s0+\nSigIgn:\s0+$/);
});

test.if(canInherit)("a supervisor under nohup outlives the end of its terminal, and not a TERM", async () => {
  await using stint = new Stint();
  const supervisor = await stint.upUnder({ under: ignoring("HUP") });
  supervisor.kill("SIGHUP");
  await stint.ok("submit", "--", "true");
  await stint.reach(1, "completed");
  supervisor.kill("SIGTERM");
  expect(await supervisor.exited).toBe(0);
});
