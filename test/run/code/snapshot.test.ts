import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkOut } from "../../../src/run/code/checkout.ts";
import { recordTree } from "../../../src/run/code/record.ts";
import { makeSnapshot } from "../../../src/run/code/snapshot.ts";
import { bareRepositoryOf, gitTreeOf } from "../../../src/run/code/tree.ts";
import { TestTree } from "../../rig/git-tree.ts";
import { errorOf, valueOf } from "../../rig/results.ts";
import { filesIn, TempDirectory } from "../../rig/temp-home.ts";

type Record_ = Awaited<ReturnType<typeof recordTree>>;

/** Makes a snapshot of a folder of a tree, as a submission does. */
async function snapshot(
  of: TestTree,
  { folder = "", env = {} }: { folder?: string; env?: Record<string, string> } = {},
) {
  const tree = gitTreeOf(join(of.root, folder));
  if (tree === null) throw new Error("there is no tree");
  const tmp = join(of.root, "..", "tmp");
  mkdirSync(tmp, { recursive: true });
  const how = { tmp, home: join(of.root, "home"), nowMs: () => 0, timeoutMs: 60_000 };
  return makeSnapshot(tree, { ...how, env: { ...of.env, ...env }, note: () => {} });
}

async function record(of: TestTree, env: Record<string, string> = {}): Promise<Record_> {
  const tree = gitTreeOf(of.root);
  if (tree === null) throw new Error("there is no tree");
  return recordTree(tree, { env: { ...of.env, ...env }, without: "/nowhere", timeoutMs: 30_000 });
}

async function contentOf(of: TestTree, code: Record_, link: string[] = []): Promise<Record<string, string>> {
  const directory = mkdtempSync(join(of.root, "..", "run-"));
  valueOf(await checkOut({ code: { ...code, snapshot: code.snapshot ?? "" }, link, directory, env: of.env }));
  const to = join(directory, "code");
  return Object.fromEntries(filesIn(to).map((name) => [name, readFileSync(join(to, name), "utf8")]));
}

describe("makeSnapshot()", () => {
  test("holds changed, staged and new files, and leaves index, status, branches and hooks alone", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    const commit = tree.commit({ "train.py": "1", "old.py": "old", "sub/b": "1", ".gitignore": "data\n" });
    tree.write({ "train.py": "2", "new.py": "1", "sub/staged": "new", "data/x": "1", "home/queue": "1" });
    tree.git("add", "sub/staged");
    tree.git("rm", "-q", "old.py");
    const seen = (): unknown[] => [
      tree.git("status", "--porcelain"),
      tree.git("for-each-ref", "refs/heads"),
      readFileSync(join(tree.root, ".git/index")),
    ];
    const before = seen();
    tree.hooks("pre-commit", "commit-msg", "post-index-change", "reference-transaction", "post-checkout");
    const made = valueOf(await snapshot(tree, { folder: "sub" }));
    expect(existsSync(join(place.path, "ran"))).toBeFalse();
    tree.git("config", "core.hooksPath", "/dev/null");
    expect(seen()).toEqual(before);
    expect(made).toMatchObject({
      root: tree.root,
      folder: "sub",
      commit,
      branch: "main",
      changed: { count: 4, names: ["old.py", "sub/staged", "train.py", "new.py"] },
    });
    // Nothing but the ref keeps it.
    tree.git("gc", "--quiet", "--prune=now");
    expect(await contentOf(tree, made)).toEqual({
      ".gitignore": "data\n",
      "new.py": "1",
      "sub/b": "1",
      "sub/staged": "new",
      "train.py": "2",
    });
    // Of the same content, the second is the first.
    expect(valueOf(await snapshot(tree)).snapshot).toBe(made.snapshot);
  });

  test("has the edit of a file in the second in which git last saw it", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    // Else git tells the edit by the time at which this test sets those below.
    tree.git("config", "core.trustctime", "false");
    const second = new Date("2026-01-02T03:04:05Z");
    const touch = (name: string): void => utimesSync(join(tree.root, name), second, second);
    tree.write({ "train.py": "1" });
    touch("train.py");
    tree.git("add", ".");
    touch(".git/index");
    tree.write({ "train.py": "2" });
    touch("train.py");
    expect(await contentOf(tree, valueOf(await snapshot(tree)))).toEqual({ "train.py": "2" });
  });

  test("of a tree without a commit is one without a parent", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    expect(await record(tree)).toEqual({
      root: tree.root,
      folder: "",
      branch: "main",
      changed: { count: 0, names: [] },
    });
    tree.write({ a: "1" });
    const made = valueOf(await snapshot(tree));
    expect(made).not.toHaveProperty("commit");
    expect(await contentOf(tree, made)).toEqual({ a: "1" });
  });

  test("in the middle of a rebase with a conflict holds the files as they are, and ends nothing", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    tree.commit({ a: "1\n" });
    tree.git("checkout", "-q", "-b", "other");
    tree.commit({ a: "2\n" });
    tree.git("checkout", "-q", "main");
    tree.commit({ a: "3\n" });
    expect(tree.tried("rebase", "other").ok).toBeFalse();
    const made = valueOf(await snapshot(tree));
    expect(made).toMatchObject({ during: "rebase", changed: { count: 1, names: ["a"] } });
    expect(made).not.toHaveProperty("branch");
    expect((await contentOf(tree, made))["a"]).toContain("<<<<<<<");
    expect(tree.git("status", "--porcelain")).toBe("UU a");
  });

  test("of a second work tree is kept by the repository that both share", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    tree.commit({ a: "1" });
    tree.git("worktree", "add", "-q", "--detach", "../second");
    writeFileSync(join(place.path, "second/a"), "2");
    const second = new TestTree(join(place.path, "second"));
    const made = valueOf(await snapshot(second));
    expect(made).not.toHaveProperty("branch");
    expect(await contentOf(second, made)).toEqual({ a: "2" });
    expect(tree.git("for-each-ref", "refs/stint")).toContain(made.snapshot ?? "none");
  });

  test("names what stays out, and what it does not cover", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    const library = new TestTree(join(place.path, "library"));
    library.commit({ b: "1" });
    tree.commit({ a: "1", "models/.gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n" });
    tree.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", library.root, "vendor");
    new TestTree(join(tree.root, "nested")).commit({ c: "1" });
    tree.write({ "big.bin": "x".repeat(1_200_000), "new.py": "1" });
    const made = valueOf(await snapshot(tree));
    expect(made.leftOut).toEqual({ count: 1, names: ["big.bin (1.1 MiB)"] });
    expect(made.uncovered).toEqual(["nested repository nested", "submodule vendor", "content of LFS"]);
    expect(Object.keys(await contentOf(tree, made))).toEqual([
      ".gitmodules",
      "a",
      "models/.gitattributes",
      "new.py",
    ]);
  });

  test("is refused where git does not trust the tree, fails, or is not there", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    const commit = tree.commit({ a: "1", ".gitattributes": "*.py filter=broken\n" });
    const other = { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" };
    expect(errorOf(await snapshot(tree, { env: other })).why).toBe("distrusts");
    // Without git the files of the repository still tell the commit.
    const untrusted = "git does not trust the tree, which belongs to another user";
    expect(await record(tree, other)).toEqual({
      root: tree.root,
      folder: "",
      commit,
      branch: "main",
      unknown: untrusted,
    });
    expect(errorOf(await snapshot(tree, { env: { PATH: place.path } })).why).toBe("missing");
    tree.git("config", "filter.broken.clean", "false");
    tree.git("config", "filter.broken.required", "true");
    tree.write({ "new.py": "1" });
    expect(errorOf(await snapshot(tree))).toEqual({
      why: "failed",
      text: "git update-index failed: new.py: clean filter 'broken' failed",
    });
  });

  test("links what is ignored into the checkout, also into a folder that the snapshot has", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    tree.commit({ a: "1", ".gitignore": "data/*\n!data/.keep\ncache\n", "data/.keep": "" });
    tree.write({ "data/x": "1", "cache/y": "2" });
    const made = valueOf(await snapshot(tree));
    const code = { ...made, snapshot: made.snapshot ?? "" };
    const to = join(place.path, "code");
    valueOf(await checkOut({ code, link: ["data", "cache"], directory: place.path, env: tree.env }));
    expect([readFileSync(join(to, "data/x"), "utf8"), readFileSync(join(to, "cache/y"), "utf8")]).toEqual([
      "1",
      "2",
    ]);
    const { text } = errorOf(await checkOut({ code, link: ["gone"], directory: place.path, env: tree.env }));
    expect(text).toBe(`${tree.root}/gone, which is to be linked, does not exist`);
  });
});

describe("recordTree()", () => {
  test("gives up on a tree that takes too long, and says so", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    const commit = tree.commit({ a: "1" });
    writeFileSync(join(place.path, "git"), "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const found = gitTreeOf(tree.root);
    if (found === null) throw new Error("there is no tree");
    const env = { ...tree.env, PATH: `${place.path}:${tree.env["PATH"]}` };
    expect(await recordTree(found, { env, without: "/nowhere", timeoutMs: 50 })).toEqual({
      root: tree.root,
      folder: "",
      commit,
      branch: "main",
      unknown: "git status took longer than 50ms",
    });
  });

  test("reads a packed branch, and is not misled by the variables of a hook", async () => {
    await using place = new TempDirectory();
    const tree = new TestTree(join(place.path, "tree"));
    const commit = tree.commit({ a: "1" });
    tree.git("pack-refs", "--all");
    tree.git("mv", "a", "b");
    expect(await record(tree, { GIT_DIR: "/nowhere", GIT_INDEX_FILE: "/nowhere" })).toMatchObject({
      commit,
      changed: { count: 1, names: ["b"] },
    });
  });
});

test("gitTreeOf() finds no work tree in a bare repository, nor outside of one", async () => {
  await using place = new TempDirectory();
  const tree = new TestTree(join(place.path, "tree"));
  tree.commit({ "sub/a": "1" });
  tree.git("clone", "-q", "--bare", ".", "../bare.git");
  const bare = join(place.path, "bare.git");
  expect([gitTreeOf(bare), bareRepositoryOf(join(bare, "refs"))]).toEqual([null, bare]);
  expect([gitTreeOf(place.path), bareRepositoryOf(place.path)]).toEqual([null, null]);
  expect(gitTreeOf(join(tree.root, "sub"))?.folder).toBe("sub");
});
