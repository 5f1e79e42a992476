import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

interface Manifest {
  readonly artifacts: readonly { readonly path: string; readonly sha256?: string; readonly link?: string }[];
}

function manifestOf(stint: Stint, id: string): Manifest {
  return JSON.parse(readFileSync(join(stint.home, "runs", id, "1", "run_manifest.json"), "utf8")) as Manifest;
}

test("the files that a task names are copied under their own paths, hashed, and on record", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "outside"), "not its own");
  const work = join(stint.root, "work");
  mkdirSync(join(work, "runs", "a"), { recursive: true });
  symlinkSync("../outside", join(work, "out.pt"));
  const run = [
    "echo 1 > model.pt; ln -s model.pt best.pt; echo 2 > runs/a/metrics.json; echo 3 > .hidden.pt",
    "mkdir plots; echo 4 > plots/.loss; mkfifo pipe.pt; echo 5 > $STINT_ARTIFACTS_DIR/own; echo 6 > left.txt",
  ].join("; ");
  const flags = ["*.pt", "**/metrics.json", "plots"].flatMap((glob) => ["--artifacts", glob]);
  await stint.run(["run", "--name", "train", ...flags, "--", "sh", "-c", run], { cwd: work });
  const folder = join(stint.home, "runs", "000001-train", "1", "artifacts");
  const { artifacts } = manifestOf(stint, "000001-train");
  expect(artifacts.map(({ path }) => path)).toEqual([
    "best.pt",
    "model.pt",
    "out.pt",
    "own",
    "plots/.loss",
    "runs/a/metrics.json",
  ]);
  const one = "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865";
  expect(artifacts[0]).toMatchObject({ path: "best.pt", sha256: one, bytes: 2 });
  expect([readlinkSync(join(folder, "out.pt")), artifacts[2]?.link]).toEqual([
    join(stint.root, "outside"),
    join(stint.root, "outside"),
  ]);
  expect(readFileSync(join(folder, "runs", "a", "metrics.json"), "utf8")).toBe("2\n");
  const [attempt] = stint.record(1).status.attempts;
  expect(attempt?.artifacts).toEqual({ count: 6, bytes: 10 });
  expect(attempt?.notes).toEqual(["pipe.pt is neither a file nor a link, and was not copied"]);
  // A change of the original is none of the copy.
  writeFileSync(join(work, "model.pt"), "other");
  expect(readFileSync(join(folder, "model.pt"), "utf8")).toBe("1\n");
});

test("the manifest tells what ran, with the names of variables and without their values", async () => {
  await using stint = new Stint();
  const work = join(stint.root, "work");
  mkdirSync(work);
  const git =
    "git init -q && git add -A && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a";
  expect(Bun.spawnSync(["sh", "-c", git], { cwd: work, env: stint.env }).exitCode).toBe(0);
  const task = {
    name: "train",
    run: "echo 1 > model.pt; exit 3",
    code: "snapshot",
    artifacts: { paths: "*.pt", keep: "90d" },
    env: { API_KEY: "swordfish" },
  };
  await stint.run(["run", "-"], { input: JSON.stringify(task), cwd: work });
  const text = readFileSync(join(stint.home, "runs", "000001-train", "1", "run_manifest.json"), "utf8");
  expect(text).not.toContain("swordfish");
  expect(JSON.parse(text)).toMatchObject({
    task: { id: "000001-train", keep: 90 * 86_400_000 },
    kind: { cwd: work, env: ["API_KEY"] },
    attempt: { number: 1, state: "failed", exitCode: 3, artifacts: { count: 1, bytes: 2 } },
    // Of the checkout of the snapshot, in which it ran.
    artifacts: [{ path: "model.pt", bytes: 2 }],
    variables: expect.arrayContaining(["HOME", "PATH"]),
    notes: [],
  });
});

describe("on record is said", () => {
  test.each([
    ["that nothing matches", "true", ["--artifacts", "*.keras"], /^no file in .* matches \*\.keras$/],
    [
      "that the job has put another file in the place of a copy",
      "echo 1 > a.pt; echo 2 > $STINT_ARTIFACTS_DIR/a.pt",
      ["--artifacts", "a.pt"],
      /^a\.pt was not copied: the artifacts have another file of this name$/,
    ],
    [
      "that a link is in the way of a copy",
      "mkdir d; echo 1 > d/a.pt; ln -s /tmp $STINT_ARTIFACTS_DIR/d",
      ["--artifacts", "d/*"],
      /^d\/a\.pt was not copied \(ENOTDIR\); it is still \//,
    ],
    [
      "nothing of a link that leads to itself",
      "ln -s $PWD/a.pt a.pt; echo 1 > b.pt",
      ["--artifacts", "*.pt"],
      undefined,
    ],
    [
      "that the folder of artifacts is something else",
      "rmdir $STINT_ARTIFACTS_DIR; echo 1 > $STINT_ARTIFACTS_DIR",
      [],
      /^artifacts could not be read: ENOTDIR$/,
    ],
  ] as const)("%s", async (_what, run, flags, note) => {
    await using stint = new Stint();
    const { code } = await stint.run(["run", ...flags, "--", "sh", "-c", run]);
    expect(code).toBe(0);
    const { notes } = stint.record(1).status.attempts[0] ?? {};
    if (note === undefined) expect(notes).toBeUndefined();
    else expect(notes?.join("\n")).toMatch(note);
  });
});

/** A sweep of two members that leave a model each, and one a file beside its artifacts; cleaned up. */
async function cleanedSweep(stint: Stint): Promise<void> {
  const run =
    "echo $STINT_VALUE_LR > $STINT_ARTIFACTS_DIR/model.keras; test $STINT_SWEEP_INDEX = 2 || echo 1 > $STINT_RUN_DIR/beside";
  await stint.run(["submit", "-"], { input: JSON.stringify({ name: "grid", run, matrix: { lr: [1, 22] } }) });
  await stint.run(["drain"]);
  await stint.ok("clean", "--older-than", "0s");
}

describe("stint artifacts", () => {
  test("lists the models of a sweep that was cleaned up, as all of them are where they were", async () => {
    await using stint = new Stint();
    await cleanedSweep(stint);
    expect(stint.records()).toEqual([]);
    const listed = await stint.ok("artifacts", "grid");
    const [first = "", second = ""] = listed.split("\n\n");
    const folder = (id: string): string => join(stint.home, "runs", id, "1");
    const ids = stint.files("runs").toSorted();
    expect(first.split("\n")).toEqual([
      `${ids[0]}, attempt 1: 1 artifact, 2 B`,
      `  ${folder(ids[0] ?? "")}/artifacts`,
      "  2 B  4355a46b19d3  model.keras",
      `  beside them, in ${folder(ids[0] ?? "")}`,
      "  2 B    beside",
    ]);
    expect(second).toContain("3 B  ");
    const [one, two] = JSON.parse(await stint.ok("artifacts", "1", ids[1] ?? "", "--json")) as {
      artifacts: unknown;
    }[];
    expect([one?.artifacts, two?.artifacts]).toMatchObject([
      [{ path: "model.keras", bytes: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
      [{ path: "model.keras", bytes: 3 }],
    ]);
    // With the artifacts, what tells of them goes too.
    await stint.ok("clean", "--older-than", "0s", "--artifacts");
    expect(stint.files("runs")).toEqual([]);
    expect((await stint.run(["artifacts", "grid"])).err).toContain("No task named");
  });

  test("copies them, and replaces nothing", async () => {
    await using stint = new Stint();
    await cleanedSweep(stint);
    const [first = ""] = stint.files("runs").toSorted();
    await stint.ok("artifacts", "1", "--copy", "here");
    await stint.ok("artifacts", "grid", "--copy", "all");
    const text = (...path: string[]): string => readFileSync(join(stint.root, ...path), "utf8");
    expect([text("here", "model.keras"), text("here", "beside"), text("all", first, "model.keras")]).toEqual([
      "1\n",
      "1\n",
      "1\n",
    ]);
    // What has no content is left out.
    await stint.ok(
      "run",
      "--name",
      "fifo",
      "--",
      "sh",
      "-c",
      "cd $STINT_ARTIFACTS_DIR; mkfifo f; echo 1 > g",
    );
    await stint.ok("artifacts", "fifo", "--copy", "some");
    expect(readdirSync(join(stint.root, "some"))).toEqual(["g"]);
    writeFileSync(join(stint.root, "here", "model.keras"), "mine");
    const again = await stint.run(["artifacts", "1", "--copy", "here"]);
    expect([again.code, again.err]).toEqual([4, expect.stringContaining("[ALREADY_EXISTS]")]);
    expect(text("here", "model.keras")).toBe("mine");
  });

  test("shows the last attempt that left some, or the one that is named", async () => {
    await using stint = new Stint();
    const run =
      "test $STINT_ATTEMPT = 3 || echo $STINT_ATTEMPT > $STINT_ARTIFACTS_DIR/a; test $STINT_ATTEMPT = 3";
    await stint.run(["submit", "-"], {
      input: JSON.stringify({ run, retries: 2, backoff: { first: "1ms" } }),
    });
    await stint.run(["drain"]);
    expect((await stint.ok("artifacts", "1", "--open")).trim()).toEndWith("/2/artifacts");
    expect(await stint.ok("artifacts", "1", "--attempt", "1")).toContain("attempt 1: 1 artifact, 2 B");
    expect(await stint.ok("artifacts", "1", "--attempt", "3")).toContain("attempt 3: 0 artifacts");
    await stint.ok("run", "--name", "none", "--", "true");
    expect(await stint.run(["artifacts", "2"])).toEqual({
      code: 0,
      out: "",
      err: "000002-none has left no artifacts.\n",
    });
  });
});
