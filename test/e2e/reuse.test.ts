import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestTree } from "../rig/git-tree.ts";
import { Stint, until } from "../rig/stint.ts";

/** Notes each run outside of the tree, and leaves an artifact; seed 2 fails until the file `good` is there. */
const TRAIN = `echo "$1" >> $HOME/lines
echo model > $STINT_ARTIFACTS_DIR/model
test "$1" != 2 || test -e $HOME/good
`;
const NIGHT = `name: train
reuse: true
code: snapshot
matrix: { seed: 1-3 }
run: sh train \${{ matrix.seed }}
---
name: report
after: train
run: cp $STINT_PARENTS $HOME/parents
`;

class Project {
  readonly tree: TestTree;
  readonly stint: Stint;

  constructor(stint: Stint) {
    this.stint = stint;
    this.tree = new TestTree(join(stint.root, "project"));
    this.tree.commit({ train: TRAIN, "night.yaml": NIGHT });
  }

  submit(...args: string[]) {
    return this.stint.run(["submit", ...args], { cwd: this.tree.root });
  }

  /** What has run since it was last asked, sorted. */
  async drained(): Promise<string> {
    rmSync(join(this.stint.root, "lines"), { force: true });
    writeFileSync(join(this.stint.root, "lines"), "");
    await this.stint.run(["drain"]);
    return this.stint.textOf("lines").split("\n").filter(Boolean).toSorted().join(" ");
  }
}

const ONE = ["--reuse", "--code", "snapshot", "--", "sh", "train"];

test.concurrent("what has succeeded with its inputs and code is named and not run again, and gives its results to what waits", async () => {
  await using stint = new Stint();
  const project = new Project(stint);
  await project.submit("night.yaml");
  expect(await project.drained()).toBe("1 2 3");
  await stint.ok("cancel", "report");
  writeFileSync(join(stint.root, "good"), "");
  // A failure does not count, and neither a commit nor an index changes the code.
  project.tree.git("commit", "-q", "--allow-empty", "-m", "more");
  const { out, err } = await project.submit("night.yaml");
  expect(out).toBe("000001-train-1\n000003-train-3\n000005-train-2\n000006-report\n");
  expect(err).toContain("not queued again: 000001-train-1, completed, has the same inputs, code and data\n");
  expect(await project.drained()).toBe("2");
  const parents = JSON.parse(stint.textOf("parents")) as { id: string; artifacts: string }[];
  expect(parents.map(({ id }) => id).toSorted()).toEqual([
    "000001-train-1",
    "000003-train-3",
    "000005-train-2",
  ]);
  expect(stint.files("runs/000001-train-1/1/artifacts")).toEqual(["model"]);
  const again = await project.submit("--json", "night.yaml");
  const named = JSON.parse(again.out) as { metadata: { id: string }; status: { state: string } }[];
  expect(named.map(({ metadata: { id }, status: { state } }) => `${id} ${state}`).toSorted()).toEqual([
    "000001-train-1 completed",
    "000003-train-3 completed",
    "000005-train-2 completed",
    "000007-report queued",
  ]);
  expect(await stint.ok("show", "1")).toMatch(/^ {2}reuse {5}fingerprint [0-9a-f]{12}$/m);
  const shown = JSON.parse(await stint.ok("show", "1", "--json")) as { reuse: unknown };
  expect(shown.reuse).toEqual({ fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
  // A change that is not committed is other code.
  project.tree.write({ train: `${TRAIN}# better\n` });
  await project.submit("night.yaml");
  expect(await project.drained()).toBe("1 2 3");
});

test.concurrent("a success counts as long as its record and its artifacts are there, and --rerun runs it again", async () => {
  await using stint = new Stint();
  const project = new Project(stint);
  await project.submit(...ONE, "1");
  const twice = await project.submit("--name", "other", "--priority", "9", "--label", "a=b", ...ONE, "1");
  expect(twice.err).toContain("000001-train-1, not ended yet, has the same inputs, code and data");
  expect(await project.drained()).toBe("1");
  await project.submit("--rerun", ...ONE, "1");
  expect(await project.drained()).toBe("1");
  // The last success stands for it now.
  expect((await project.submit(...ONE, "1")).err).toContain("000002-train-1, completed");
  writeFileSync(join(stint.home, "runs/000002-train-1/1/artifacts/model"), "cut");
  await project.submit(...ONE, "1");
  expect(await project.drained()).toBe("1");
  await stint.ok("clean", "--older-than", "0s");
  await project.submit(...ONE, "1");
  expect(await project.drained()).toBe("1");
});

test.concurrent("a task whose arguments were edited in the queue stands for what it ran, not for what it was", async () => {
  await using stint = new Stint();
  const project = new Project(stint);
  await project.submit("--hold", ...ONE, "1");
  const record = stint.record(1);
  await stint.ok("set", "1", "command=[sh, train, 3]");
  expect(stint.record(1).spec).not.toEqual(record.spec);
  expect((await project.submit("--hold", ...ONE, "1")).out).toBe("000002-train-1\n");
  await stint.ok("release", "1");
  expect(await project.drained()).toBe("3");
  expect((await project.submit(...ONE, "3")).err).toContain("000001-train-1, completed");
  await stint.ok("release", "2");
  expect(await project.drained()).toBe("1");
});

test.concurrent("a file of the inbox whose work is done queues nothing", async () => {
  await using stint = new Stint();
  const project = new Project(stint);
  const file = `cwd: ${project.tree.root}\nreuse: true\ncode: snapshot\ncommand: [sh, train, 1]\n`;
  await stint.up();
  const drop = async (name: string): Promise<void> => {
    writeFileSync(join(stint.home, "inbox", name), file);
    await until("it is accepted", () => stint.files("inbox/.accepted").includes(name));
  };
  await drop("a.yaml");
  await until("it is done", () => stint.records().every(({ status }) => status.state === "completed"));
  await drop("b.yaml");
  expect(stint.records()).toHaveLength(1);
});

test.concurrent("where something is not fixed, it is run, and stint says what", async () => {
  await using stint = new Stint();
  const project = new Project(stint);
  const open = ["--reuse", "--", "sh", "train", "1"];
  for (const number of [1, 2]) {
    const { out, err } = await project.submit(...open);
    expect(out).toBe(`00000${number}-train-1\n`);
    expect(err).toContain(
      'reuse is not possible for "train-1": its code is not fixed, wanted code: snapshot',
    );
  }
  expect(await stint.ok("show", "2")).toContain("reuse     not possible: its code is not fixed");
  expect(await project.drained()).toBe("1 1");
  const both = await project.submit("--key", "a", "--reuse", "--", "true");
  expect(both).toMatchObject({ code: 2 });
  expect(both.err).toContain("--reuse has no effect beside --key, wanted one of them");
  const twins = await stint.run(["submit", "-"], {
    cwd: project.tree.root,
    input:
      "name: a\nreuse: true\ncode: snapshot\nrun: 'true'\n---\nname: b\nreuse: true\ncode: snapshot\nrun: 'true'\n",
  });
  expect(twins.err).toContain('Cannot queue "b": it has the inputs, code and data of "a" too');
});

test.concurrent("other data is other work, and data that is changed by the job stands for nothing", async () => {
  await using stint = new Stint();
  const project = new Project(stint);
  const data = join(stint.root, "data");
  const file = (text: string, run = "sh train 1") => {
    writeFileSync(data, text);
    const sum = new Bun.CryptoHasher("sha256").update(text).digest("hex");
    const set = `{ path: ${data}, sha256: ${sum} }`;
    return ["reuse: true", "code: snapshot", `datasets: { set: ${set} }`, `run: ${run}`].join("\n");
  };
  const submit = (input: string) => stint.run(["submit", "-"], { cwd: project.tree.root, input });
  await submit(file("a"));
  expect(await project.drained()).toBe("1");
  expect((await submit(file("a"))).out).toBe("000001-train-1\n");
  await submit(file("b"));
  expect(await project.drained()).toBe("1");
  const writing = `sh train 1; echo more >> ${data}`;
  await submit(file("a", writing));
  expect(await project.drained()).toBe("1");
  expect(stint.record(3).status.state).toBe("completed");
  expect((await submit(file("a", writing))).out).toBe("000004-train-1-echo-more\n");
});
