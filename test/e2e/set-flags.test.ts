import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

describe("submit --set", () => {
  test("changes every document of a file, and the flag overrides the file", async () => {
    await using stint = new Stint();
    writeFileSync(
      join(stint.root, "job.yaml"),
      "run: a\nmemory: 1GB\nenv: {A: x, B: y}\n---\nrun: b\nannotations: {n: file}\n",
    );
    const set = [
      "retry.maxAttempts=3",
      "limits.memory=8GB",
      "env.A=flag",
      "memory=2GB",
      "annotations.n=flag",
    ].flatMap((pair) => ["--set", pair]);
    await stint.ok("submit", "job.yaml", ...set);
    const changed = {
      retry: { maxAttempts: 3 },
      resources: { memoryBytes: 2e9 },
      limits: { memoryBytes: 8e9 },
    };
    const metadata = { annotations: { n: "flag" } };
    expect(stint.records()).toMatchObject([
      { metadata, spec: { ...changed, kind: { env: { A: "flag", B: "y" } } } },
      { metadata, spec: { ...changed, kind: { env: { A: "flag" } } } },
    ]);
  });

  test("makes a sweep of a file, and changes the limits of its own", async () => {
    await using stint = new Stint();
    writeFileSync(join(stint.root, "job.yaml"), "run: echo ${{ matrix.lr }}\nmatrix: {lr: [1]}\n");
    await stint.ok("submit", "job.yaml", "--set", "matrix.lr=5-6", "--set", "maxParallel=1");
    expect(stint.records().map(({ metadata }) => metadata["group"])).toMatchObject([
      { values: { lr: "5" }, maxParallel: 1 },
      { values: { lr: "6" }, maxParallel: 1 },
    ]);
  });

  test.each([
    [["--set", "memory=8", "job.yaml"], "--set memory is 8 without a unit"],
    [["--memory", "8GB", "--set", "memory_gb=16", "job.yaml"], "--set memory_gb "],
    [["--name", "a", "--set", "name=b", "job.yaml"], "--set name duplicates --name"],
    [["--set", "maxParallel=x", "job.yaml"], '--set maxParallel is "x"'],
    [["--set", "gpu=x", "--", "true"], '--set gpu is "x"'],
    [["--from", "1", "--set", "matrix.a=1"], "--from 1 and a sweep cannot be combined"],
  ])("%j is refused by the name of the flag, and nothing is queued", async (flags, says) => {
    await using stint = new Stint();
    writeFileSync(join(stint.root, "job.yaml"), "run: a\n");
    const { code, err } = await stint.run(["submit", ...flags]);
    expect(err).toStartWith(`stint: Cannot read the command line: ${says}`);
    expect(code).toBe(2);
    expect(stint.records()).toEqual([]);
  });
});

describe("retry --set", () => {
  test.each(["with", "without"])(
    "changes and queues in one change of the record, %s a supervisor",
    async (way) => {
      await using stint = new Stint();
      for (const name of ["a", "b"])
        await stint.ok("submit", "--name", name, "--", "sh", "-c", 'test "$OK" = yes');
      await stint.run(["drain"]);
      if (way === "with") await stint.up();
      const before = stint.records().map(({ metadata }) => metadata.resourceVersion);
      expect(await stint.ok("retry", "--failed", "--set", "env.OK=yes", "--set", "hold=true")).toBe(
        "000001-a queued\n000002-b queued",
      );
      expect(stint.records()).toMatchObject(
        before.map((resourceVersion) => ({
          place: "pending",
          metadata: { resourceVersion: resourceVersion + 1, epoch: 2, generation: 2 },
          spec: { kind: { env: { OK: "yes" } }, hold: true },
        })),
      );
      await stint.ok("release", "1-2");
      if (way === "with") await stint.ok("wait", "1-2");
      else await stint.ok("drain");
      expect(stint.records().map(({ status }) => status.state)).toEqual(["completed", "completed"]);
      expect(await stint.ok("audit", "verify")).toContain("intact");
    },
  );

  test.each([
    [["memory=8"], 2, "--set memory is 8 without a unit"],
    [["after=2"], 2, "what a task waits for is fixed when it is queued"],
    [["cpus=100000"], 7, "it asks for 100000 CPUs"],
  ])("%j is refused with the retry", async (set, code, says) => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "false");
    await stint.run(["drain"]);
    const before = stint.record(1);
    const ran = await stint.run(["retry", "1", "--set", ...set]);
    expect(ran).toMatchObject({ code, out: "", err: expect.stringContaining(says) });
    expect(stint.record(1)).toEqual(before);
  });
});
