import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectAll } from "../../../src/daemon/collect/collecting.ts";
import type { EndedJob } from "../../../src/daemon/collect/order.ts";
import type { Collected } from "../../../src/model/collected.ts";
import { aSpec, aTask, at, NOW_MS } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** Collects the results of a job; left at a sign of life, as by a supervisor that dies. The clock makes each one due. */
async function collect(
  home: TempHome,
  job: EndedJob,
  cutAt = Number.POSITIVE_INFINITY,
  onBeat = (): void => {},
): Promise<Collected | null> {
  let [nowMs, beats] = [NOW_MS, 0];
  let collected: Collected | null = null;
  const order = { kind: "collect", jobs: [job] } as const;
  await collectAll(home.layout, order, {
    environment: {},
    nowMs: () => (nowMs += 1_000),
    tell: (told) => {
      beats += 1;
      onBeat();
      if (beats < cutAt && told.type === "collected") collected = told.collected;
      return beats < cutAt;
    },
  });
  return collected;
}

/** A job that left a file in its artifacts folder, and two in its working directory. */
function aJob(home: TempHome, name: string): EndedJob {
  const cwd = join(home.path, `work-${name}`);
  const kind = { ...aSpec().kind, cwd };
  const task = aTask({
    name,
    spec: { kind, artifacts: { paths: ["**"] } },
    metadata: { updatedAt: at(10 ** 12) },
  });
  const directory = home.layout.attempt(task.metadata.id, 1);
  for (const folder of [join(cwd, "sub"), join(directory, "artifacts")])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(cwd, "sub", "large"), Buffer.alloc(5 * 2 ** 20, name));
  writeFileSync(join(cwd, "small"), "1");
  writeFileSync(join(directory, "artifacts", "own"), "2");
  return { task, directory };
}

test("collecting that is cut short anywhere is repeated with the same result, and what was copied stays", async () => {
  await using home = new TempHome();
  const whole = async (job: EndedJob): Promise<unknown> => {
    const { artifacts, ...rest } = (await collect(home, job)) ?? { notes: [] };
    return [rest, artifacts?.map(({ path, bytes }) => [path, bytes])];
  };
  const wanted = await whole(aJob(home, "whole"));
  expect(wanted).toEqual([
    {
      artifactsTotal: { count: 3, bytes: 5 * 2 ** 20 + 2 },
      notes: [],
    },
    [
      ["own", 1],
      ["small", 1],
      ["sub/large", 5 * 2 ** 20],
    ],
  ]);
  for (let cutAt = 1; ; cutAt += 1) {
    const job = aJob(home, `cut-${cutAt}`);
    if ((await collect(home, job, cutAt)) !== null) break;
    expect(await whole(job)).toEqual(wanted);
    const { cwd } = job.task.spec.kind;
    const copy = readFileSync(join(job.directory, "artifacts", "sub", "large"));
    expect(copy.equals(readFileSync(join(cwd, "sub", "large")))).toBe(true);
  }
});

test("a file that is gone before it is copied is named, and the others are copied", async () => {
  await using home = new TempHome();
  const job = aJob(home, "gone");
  const collected = await collect(home, job, undefined, () =>
    rmSync(join(job.task.spec.kind.cwd, "small"), { force: true }),
  );
  expect(collected?.artifacts?.map(({ path }) => path)).toEqual(["own", "sub/large"]);
  // Gone before the folder was read, it cannot be told from one that never was.
  const listed = aJob(home, "listed");
  let beats = 0;
  const [first, second] = [
    await collect(home, listed, undefined, () => {
      beats += 1;
      if (beats === 2) rmSync(join(listed.task.spec.kind.cwd, "small"));
    }),
    collected,
  ];
  expect([first?.notes, second?.notes]).toEqual([["small was gone before it could be copied"], []]);
});

test("what another process copies meanwhile, as one of a supervisor that died, is taken as it is", async () => {
  await using home = new TempHome();
  const job = aJob(home, "twice");
  const { cwd } = job.task.spec.kind;
  const to = join(job.directory, "artifacts", "sub", "large");
  const collected = await collect(home, job, undefined, () => {
    if (existsSync(join(job.directory, "artifacts", "sub")))
      writeFileSync(to, readFileSync(join(cwd, "sub", "large")));
  });
  expect(collected?.notes).toEqual([]);
  expect(collected?.artifacts?.map(({ path }) => path)).toEqual(["own", "small", "sub/large"]);
});
