import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
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
