import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

const ID = "000001-long";

/** A home with a job that runs until the file `go` exists, and notes each run in `runs`. */
async function withJob(stint: Stint): Promise<{ path: string; token: string; go: () => void }> {
  const [runs, go] = [join(stint.root, "runs"), join(stint.root, "go")];
  const code = `echo run >> ${runs}; until test -e ${go}; do sleep 0.05; done`;
  await stint.ok("submit", "--name", "long", "--", "sh", "-c", code);
  const { status } = await stint.reach(1, "running");
  await until("it has begun", () => stint.textOf("runs") !== "");
  const path = join(stint.home, "running", `${ID}.json`);
  return { path, token: status.attempts[0]?.token ?? "", go: () => writeFileSync(go, "") };
}

async function endsOnce(stint: Stint, go: () => void): Promise<void> {
  go();
  const { status } = await stint.reach(1, "completed");
  expect([status.attempts.length, stint.textOf("runs")]).toEqual([1, "run\n"]);
}

test.each(["while the supervisor goes on", "before it leaves"])(
  "a record that is damaged under a running job is written again from memory %s",
  async (when) => {
    await using stint = new Stint();
    const supervisor = await stint.up();
    const { path, go } = await withJob(stint);
    writeFileSync(path, "garbage");
    if (when === "before it leaves") {
      await stint.ok("down");
      await supervisor.exited;
    }
    await until("the record is whole again", () => stint.records().length === 1);
    expect(readFileSync(join(stint.home, "running", ".corrupt", `${ID}.json`), "utf8")).toBe("garbage");
    const audit = (): string => readFileSync(join(stint.home, "audit.ndjson"), "utf8");
    await until("that is audited", () => audit().includes(`.corrupt/${ID}.json: put aside`));
    if (when === "before it leaves") await stint.up();
    await endsOnce(stint, go);
  },
);

test.each<[string, (path: string) => void]>([
  ["garbage", (path) => writeFileSync(path, "garbage")],
  ["a folder", (path) => (rmSync(path), mkdirSync(path))],
])(
  "a supervisor that finds %s in place of the record of a running job takes it from the journal",
  async (_what, damage) => {
    await using stint = new Stint();
    const supervisor = await stint.up();
    const { path, go } = await withJob(stint);
    supervisor.kill("SIGKILL");
    await supervisor.exited;
    damage(path);
    await stint.up();
    await endsOnce(stint, go);
    expect(stint.files("running/.corrupt")).toEqual([`${ID}.json`]);
  },
);

test("a job whose record is lost for good is told of by ls and doctor, and nothing starts it again", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  const { path, token, go } = await withJob(stint);
  supervisor.kill("SIGKILL");
  await supervisor.exited;
  writeFileSync(path, "garbage");
  rmSync(join(stint.home, "journal"), { recursive: true });
  await stint.up();
  await until("the damaged record is put aside", () => stint.files("running/.corrupt").length === 1);
  const told = `Still running, though the record was damaged and put aside: ${ID}. See \`stint doctor\`.`;
  expect((await stint.run(["ls"])).err).toContain(told);
  const { out } = await stint.run(["doctor"]);
  expect(out).toContain(`the job of ${ID} runs (pid `);
  expect(out).toContain(`find its output in ${join(stint.home, "runs", ID, "1")}; or end it: kill `);
  await stint.ok("submit", "--", "true");
  await stint.reach(2, "completed");
  expect(stint.textOf("runs")).toBe("run\n");
  go();
  await until("it has ended", () => markedProcesses(token).length === 0);
  expect((await stint.run(["ls"])).err).not.toContain("Still running");
});
