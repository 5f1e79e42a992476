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
