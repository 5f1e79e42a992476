import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestTree } from "../rig/git-tree.ts";
import { Stint, until } from "../rig/stint.ts";

/** A tree with a program that tells its version, in a subfolder. */
function project(stint: Stint): TestTree {
  const tree = new TestTree(join(stint.root, "project"));
  tree.commit({ "sub/train": version(1), ".gitignore": "data\n__pycache__\n" });
  tree.git("update-index", "--chmod=+x", "sub/train");
  tree.git("commit", "-q", "--allow-empty", "-m", "executable");
  tree.git("checkout", "-q", "--", ".");
  tree.write({ "sub/data/x": "data" });
  return tree;
}

function version(number: number): string {
  return `#!/bin/sh\necho ${number}; cat data/x 2>/dev/null || true\n`;
}

const SNAPSHOT = { mode: "snapshot", link: ["data"] };

/** Submits a task from the subfolder; its number. */
async function submit(
  { stint, tree }: { stint: Stint; tree: TestTree },
  task: Record<string, unknown>,
): Promise<{ out: string; err: string }> {
  const input = JSON.stringify({ command: ["./train"], ...task });
  const { code, out, err } = await stint.run(["submit", "-"], { cwd: join(tree.root, "sub"), input });
  if (code !== 0) throw new Error(err);
  return { out, err };
}

test("a task with a snapshot runs what was submitted, in its subfolder and again after a failure; another one runs what is there", async () => {
  await using stint = new Stint();
  const tree = project(stint);
  const run = "./train; pwd; test $STINT_ATTEMPT -ge 2";
  await submit(
    { stint, tree },
    { command: undefined, run, name: "kept", code: SNAPSHOT, hold: true, retries: 0 },
  );
  await submit({ stint, tree }, { name: "edited", hold: true });
  tree.write({ "sub/train": version(2) });
  expect(await stint.ok("show", "1")).toMatch(/^ {2}code {6}[0-9a-f]{7}, snapshot [0-9a-f]{7}$/m);
  expect(await stint.ok("show", "2")).toMatch(/^ {2}code {6}[0-9a-f]{7}; since then sub\/train changed$/m);
  expect(await stint.ok("explain", "2")).toEndWith(
    "Its code is not what it was when it was submitted: since then sub/train changed.",
  );
  await stint.ok("release", "--all");
  await stint.run(["drain"]);
  const outputs = (name: string): string[] =>
    readdirSync(join(stint.home, "runs", name))
      .toSorted()
      .flatMap((attempt) => {
        const path = join(stint.home, "runs", name, attempt, "output.log");
        return existsSync(path) ? [readFileSync(path, "utf8")] : [];
      });
  const folder = (attempt: number): string =>
    join(stint.home, "runs", "000001-kept", String(attempt), "code/sub");
  expect(outputs("000001-kept")).toEqual([`1\ndata${folder(1)}\n`]);
  expect(outputs("000002-edited")).toEqual(["2\ndata"]);
  // The folder that it was submitted from is not needed any more, only its repository.
  rmSync(join(tree.root, "sub"), { recursive: true });
  await stint.ok("retry", "1", "--set", "code=snapshot");
  await stint.run(["drain"]);
  expect(stint.record(1).status.state).toBe("completed");
  expect(outputs("000001-kept")[1]).toBe(`1\n${folder(2)}\n`);
});

test("the tasks of a sweep and of an inbox file share one snapshot, whose ref goes with the last of them; results stay", async () => {
  await using stint = new Stint();
  const tree = project(stint);
  await submit(
    { stint, tree },
    {
      command: undefined,
      run: "echo result > out-$STINT_TASK_ID; echo $PWD",
      array: "1-2",
      artifacts: ["out-*"],
      code: "snapshot",
    },
  );
  const cwd = join(tree.root, "sub");
  await stint.ok("pause");
  mkdirSync(join(stint.home, "inbox"), { recursive: true });
  writeFileSync(
    join(stint.home, "inbox", "one.yaml"),
    JSON.stringify({ name: "one", command: ["./train"], cwd, code: "snapshot" }),
  );
  await using _up = await stint.up();
  await until("it is taken from the inbox", () => stint.records().length === 3);
  await stint.ok("resume");
  await stint.ok("wait", "--all");
  const refs = (): string => tree.git("for-each-ref", "--format=%(refname)", "refs/stint");
  expect(refs().split("\n")).toHaveLength(1);
  const old = (): void => {
    for (const name of stint.files("code")) utimesSync(join(stint.home, "code", name), 1, 1);
  };
  old();
  await stint.ok("clean", "1", "2");
  expect(refs().split("\n")).toHaveLength(1);
  const inCode = "mkdir -p empty deep/er; echo 1 > deep/er/result";
  await submit({ stint, tree }, { command: undefined, name: "all", run: inCode, code: "snapshot" });
  await stint.ok("wait", "4");
  old();
  await stint.ok("clean", "3");
  await stint.ok("clean", "4", "--artifacts");
  expect(stint.files("runs").filter((name) => name.startsWith("000004"))).toEqual([]);
  expect(refs()).toBe("");
  expect(stint.files("code")).toEqual([]);
  const left = readdirSync(join(stint.home, "runs"), { recursive: true, encoding: "utf8" });
  // Globs begin where the job ran.
  expect(left.filter((name) => name.includes("/artifacts/out-"))).toHaveLength(2);
  expect(left.filter((name) => name.includes("/code/") && !name.endsWith("/sub")).toSorted()).toEqual([
    expect.stringMatching(/^000001-.*\/1\/code\/sub\/out-000001-/),
    expect.stringMatching(/^000002-.*\/1\/code\/sub\/out-000002-/),
  ]);
});

describe("code: snapshot is refused", () => {
  test.each([
    ["outside a git tree", (stint: Stint) => stint.root, "it is in no git tree"],
    [
      "in a bare repository",
      (stint: Stint) => {
        project(stint).git("clone", "-q", "--bare", ".", join(stint.root, "bare.git"));
        return join(stint.root, "bare.git");
      },
      "is bare: it has no work tree",
    ],
  ])("%s, and nothing is queued", async (_where, folder, why) => {
    await using stint = new Stint();
    const { code, err } = await stint.run(["submit", "--code", "snapshot", "--", "true"], {
      cwd: folder(stint),
    });
    expect([code, err.includes(why), err.includes("[NO_SNAPSHOT]")]).toEqual([7, true, true]);
    expect(stint.records()).toEqual([]);
  });
});

test("a snapshot that the repository has lost ends the task before its program runs, and says why", async () => {
  await using stint = new Stint();
  const tree = project(stint);
  tree.write({ new: "1" });
  await submit({ stint, tree }, { code: "snapshot" });
  for (const ref of tree.git("for-each-ref", "--format=%(refname)", "refs/stint").split("\n"))
    tree.git("update-ref", "-d", ref);
  tree.git("gc", "--quiet", "--prune=now");
  await stint.run(["drain"]);
  const [attempt] = stint.record(1).status.attempts;
  expect(attempt?.failure?.code).toBe("INVALID_SPEC");
  expect(attempt?.failure?.error).toMatch(
    /^Cannot check out the code: the repository .* has the snapshot [0-9a-f]{7} no more$/,
  );
});

describe("submit --from ID --exact", () => {
  test("runs the code and the environment of the task after both have changed", async () => {
    await using stint = new Stint();
    const tree = project(stint);
    const cwd = join(tree.root, "sub");
    const line = "./train; echo $LR";
    await stint.run(["submit", "--", "sh", "-c", line], { cwd, env: { LR: "0.1" } });
    await stint.run(["drain"]);
    tree.write({ "sub/train": version(2), "sub/more": "1" });
    const again = (...more: string[]) =>
      stint.run(["submit", "--from", "1", ...more], { cwd, env: { LR: "0.2" } });
    const { code, err } = await again("--exact");
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(
        /^stint: as 1, with its environment, its code \(snapshot [0-9a-f]{7}\) and its packages$/m,
      ),
    ]);
    expect((await again()).err).toMatch(
      /^stint: with the environment of this shell, which differs from that of 1 in LR, and the code as it is now: [0-9a-f]{7} \+ 2 changed files \(1: [0-9a-f]{7}\)$/m,
    );
    await stint.run(["drain"]);
    expect(await stint.ok("logs", "2")).toBe("1\n0.1");
    expect(await stint.ok("logs", "3")).toBe("2\ndata0.2");
    // A commit alone does not hold what was changed beside it.
    const refused = await stint.run(["submit", "--from", "3", "--exact"], { cwd });
    expect([refused.code, refused.err]).toEqual([
      7,
      expect.stringMatching(
        /of its code only the commit [0-9a-f]{7} is kept, and not its 2 changed files \(sub\/train, sub\/more\) \[NOT_EXACT\]/,
      ),
    ]);
  });

  test("refuses where packages differ, and names them", async () => {
    await using stint = new Stint();
    const tree = project(stint);
    const site = "venv/lib/python3.11/site-packages";
    tree.write({ ".gitignore": "venv\n", "venv/pyvenv.cfg": "", [`${site}/numpy-1.26.4.dist-info/x`]: "" });
    writeFileSync(join(tree.root, "venv/python"), "#!/bin/sh\necho $1\n", { mode: 0o755 });
    mkdirSync(join(tree.root, "venv/bin"));
    writeFileSync(join(tree.root, "venv/bin/python"), "#!/bin/sh\necho $1\n", { mode: 0o755 });
    tree.commit({ a: "1" });
    const python = join(tree.root, "venv/bin/python");
    await stint.run(["submit", "--", python, "train.py"], { cwd: tree.root });
    await stint.run(["drain"]);
    expect(await stint.ok("show", "1")).toContain("packages 1, Python 3.11");
    rmSync(join(tree.root, site), { recursive: true });
    tree.write({ [`${site}/numpy-2.0.0.dist-info/x`]: "" });
    const { code, err } = await stint.run(["submit", "--from", "1", "--exact"], { cwd: tree.root });
    expect([code, err]).toEqual([7, expect.stringContaining("numpy is 2.0.0, and was 1.26.4 [NOT_EXACT]")]);
    const report = await stint.run(["validate", "1", "--json"]);
    expect([report.code, JSON.parse(report.out)]).toEqual([
      1,
      expect.objectContaining({
        ok: false,
        task_id: expect.stringMatching(/^000001-/),
        errors: ["packages: found numpy is 2.0.0, and was 1.26.4, wanted 1 package"],
        checks: expect.objectContaining({
          code: expect.objectContaining({ ok: true }),
          packages: {
            ok: false,
            verdict: "differs",
            expected: "1 package",
            actual: "numpy is 2.0.0, and was 1.26.4",
          },
        }),
      }),
    ]);
    // Without --exact it is taken as it is, and the difference is shown.
    await stint.run(["submit", "--from", "1"], { cwd: tree.root });
    await stint.run(["drain"]);
    expect(await stint.ok("show", "2")).toContain("packages 1, Python 3.11, differs from task 1 by 1");
    const diff = await stint.ok("diff", "1", "2", "--code");
    expect(diff).toMatch(/packages +numpy +1.26.4 +2.0.0/);
  });
});
