import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, Stint, until } from "../rig/stint.ts";

/** The record of a task once its first attempt has failed. */
async function failed(stint: Stint, number: number): Promise<RecordView> {
  const hasFailed = (): boolean => stint.record(number).status.attempts[0]?.failure !== undefined;
  await until(`the first attempt of ${number} has failed`, hasFailed);
  return stint.record(number);
}

/** Queues each line of shell as a task that waits long before it is tried again; gives how the first attempts ended. */
async function endsOf(stint: Stint, lines: readonly string[]): Promise<string[]> {
  const backoff = "backoff: {first: 1h, max: 1h, jitter: none}";
  const documents = lines.map((line) => `run: ${JSON.stringify(line)}\n${backoff}\n`);
  expect((await stint.run(["submit", "-"], { input: documents.join("---\n") })).code).toBe(0);
  await stint.up();
  const ends: string[] = [];
  for (const number of lines.keys()) {
    const { status } = await failed(stint, number + 1);
    ends.push(`${status.state} ${status.attempts[0]?.failure?.code}`);
  }
  return ends;
}

test("an exit code, a killed command and a message in the log give different failures", async () => {
  await using stint = new Stint();
  const ends = await endsOf(stint, [
    "timeout 5x true",
    "exit 129",
    "exit 137",
    "kill -9 $$",
    "sh -c 'kill -9 $$'; exit $?",
    "sh -c 'kill -9 $$'; code=$?; echo cleaning; exit $code",
    "echo 'warning: checksum mismatch for row 7, skipped'; echo 'Error: no label' >&2; exit 1",
    "echo 'Error: checksum mismatch in shard 7' >&2; exit 1",
    "no-such-command",
    "exit 127",
  ]);
  expect(ends).toEqual([
    "failed EXIT_NONZERO",
    "failed EXIT_NONZERO",
    "failed EXIT_NONZERO",
    "queued KILLED",
    "queued KILLED",
    "queued KILLED",
    "failed EXIT_NONZERO",
    "failed DATA_MISMATCH",
    "failed INVALID_SPEC",
    "failed EXIT_NONZERO",
  ]);
});

test("a missing module is reported with the Python that lacks it, and the task completes once another environment has it", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "python3", "-c", "import beside");
  await stint.run(["drain"]);
  const { failure } = stint.record(1).status.attempts[0] ?? {};
  expect(failure?.code).toBe("MODULE_NOT_FOUND");
  expect(failure?.error).toMatch(
    /No module named 'beside'; its python3 is \/.*, (which is in no|of the) virtual environment/,
  );
  expect(await stint.ok("explain", "1")).toContain("stint submit --from");
  await Bun.write(join(stint.root, "modules", "beside.py"), "");
  const env = { PYTHONPATH: join(stint.root, "modules") };
  expect((await stint.run(["submit", "--from", "1"], { env })).code).toBe(0);
  await stint.run(["drain"]);
  expect(stint.record(2).status.state).toBe("completed");
});

/** Whether a small file system can be mounted over a folder. */
function canMount(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  const mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "stint-test", folder];
  return Bun.spawnSync(mount, { stderr: "ignore" }).success;
}

test("a failed write counts as a full disk where the disk is full", async () => {
  await using stint = new Stint();
  const disk = join(stint.root, "disk");
  if (!canMount(disk)) return;
  try {
    const says = "RuntimeError: PytorchStreamWriter failed writing file data/4: file write failed";
    const say = `echo '${says}' >&2; exit 1`;
    const fill = `head -c 1m /dev/zero >last.pt 2>/dev/null; ${say}`;
    const tasks = [
      `{cwd: ${disk}, run: ${JSON.stringify(fill)}}\n`,
      `{cwd: ${stint.root}, run: ${JSON.stringify(say)}}\n`,
    ];
    expect((await stint.run(["submit", "-"], { input: tasks.join("---\n") })).code).toBe(0);
    await stint.up();
    const records = await Promise.all([1, 2].map((number) => failed(stint, number)));
    const failures = records.map(({ status }) => status.attempts[0]?.failure);
    expect(failures[0]).toMatchObject({
      code: "DISK_FULL",
      error: expect.stringContaining(`disk of ${disk}`),
    });
    expect(failures[1]?.code).toBe("EXIT_NONZERO");
  } finally {
    Bun.spawnSync(["umount", "-l", disk]);
  }
});
