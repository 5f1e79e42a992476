import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { wholeOf } from "../../src/lib/steps.ts";
import { newBatch } from "../../src/store/batch.ts";
import { fileRejected, filingAccepted, putBack, takeFile, takenFiles } from "../../src/store/inbox-files.ts";
import { crashImages } from "../rig/crash.ts";
import { Stint } from "../rig/stint.ts";
import { traced } from "../rig/system-calls.ts";
import { TempHome } from "../rig/temp-home.ts";

const TEXT = "run: true\n";

const fileAccepted = (...paths: string[]): void => wholeOf(filingAccepted(paths));

/** Drops a file into the inbox and takes it out; gives its path in .taking/. */
function taken(home: TempHome, file = "job.yaml"): string {
  writeFileSync(join(home.layout.inbox, file), TEXT);
  const path = takeFile(home.layout.inbox, { file, batch: newBatch() });
  if (path === null) throw new Error("the file was gone");
  return path;
}

describe("takeFile()", () => {
  test("moves a file out of the inbox, under its batch's name", async () => {
    await using home = new TempHome();
    const path = taken(home);
    expect(home.files("inbox")).toEqual([`.taking/${basename(path)}`]);
    expect(basename(path)).toMatch(/^[0-9a-f-]{36}-job\.yaml$/);
    expect(takenFiles(home.layout.inbox)).toEqual([path]);
  });

  test("is null for a file that is gone", async () => {
    await using home = new TempHome();
    expect(takeFile(home.layout.inbox, { file: "job.yaml", batch: newBatch() })).toBeNull();
    expect(takenFiles(home.layout.inbox)).toEqual([]);
  });
});

describe("takenFiles()", () => {
  test("is empty where no file was taken, and ignores foreign files", async () => {
    await using home = new TempHome();
    expect(takenFiles(home.layout.inbox)).toEqual([]);
    mkdirSync(join(home.layout.inbox, ".taking"));
    writeFileSync(join(home.layout.inbox, ".taking", "notes.txt"), "mine");
    expect(takenFiles(home.layout.inbox)).toEqual([]);
  });
});

describe("filingAccepted()", () => {
  test("keeps every accepted file, also two of one name, and is idempotent", async () => {
    await using home = new TempHome();
    for (let count = 0; count < 3; count += 1) {
      const path = taken(home);
      fileAccepted(path);
      fileAccepted(path);
    }
    expect(home.files("inbox")).toEqual([
      ".accepted/job.2.yaml",
      ".accepted/job.3.yaml",
      ".accepted/job.yaml",
    ]);
  });

  test.each([
    "a-b-c.yaml",
    "job",
    ".yaml",
    "a.tar.yaml",
    "00000000-0000-7000-8000-000000000000-x.yaml",
    "ü .yaml",
  ])("keeps the name %j", async (file) => {
    await using home = new TempHome();
    fileAccepted(taken(home, file));
    expect(home.files("inbox")).toEqual([`.accepted/${file}`]);
  });

  test("loses no file and leaves no duplicate, wherever it is killed", async () => {
    await using home = new TempHome();
    const path = taken(home);
    const images = crashImages(home, (layout) => fileAccepted(join(layout.inbox, ".taking", basename(path))));
    expect(images.map(({ failpoint }) => failpoint)).toEqual(["inbox:filed"]);
    for (const { layout } of images) {
      for (const rest of takenFiles(layout.inbox)) fileAccepted(rest);
      expect(takenFiles(layout.inbox)).toEqual([]);
      expect(readFileSync(join(layout.inbox, ".accepted", "job.yaml"), "utf8")).toBe(TEXT);
    }
  });
});

// An inbox may be on another file system than the home, which is synced apart.
test.skipIf(Bun.which("strace") === null)(
  "which files are taken is on the disk before their tasks are accepted, and before the note of their batch is gone",
  async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "--", "true");
    writeFileSync(join(stint.home, "inbox", "job.yaml"), "run: 'true'\n");
    const kinds = ["fsync", "rename", "link", "unlink"];
    const { code, calls } = await traced(stint, kinds, "drain");
    expect(code).toBe(0);
    const steps = {
      taken: /rename\(.*inbox\/job\.yaml"/,
      synced: /fsync\(\d+<[^>]*inbox\/\.taking>/,
      accepted: /rename\(.*\/tmp\/[0-9a-f-]{36}", .*\/incoming\//,
      filed: /unlink\(.*inbox\/\.taking\//,
      forgotten: /unlink\(.*\/incoming\/.*\/taken"/,
    };
    const order = calls.flatMap((call) =>
      Object.entries(steps).flatMap(([name, pattern]) => (pattern.test(call) ? [name] : [])),
    );
    expect(order).toEqual(["taken", "synced", "accepted", "filed", "synced", "forgotten"]);
  },
);

describe("fileRejected()", () => {
  test("keeps a refused file with the reason beside it", async () => {
    await using home = new TempHome();
    const told = fileRejected(taken(home), "line 1: no\n");
    expect(home.files("inbox")).toEqual([".rejected/job.yaml", ".rejected/job.yaml.error.txt"]);
    expect(readFileSync(told, "utf8")).toBe("line 1: no\n");
    fileRejected(taken(home), "line 2: no\n");
    expect(readFileSync(join(home.layout.inbox, ".rejected", "job.2.yaml.error.txt"), "utf8")).toBe(
      "line 2: no\n",
    );
  });

  test("keeps the reason of each of several files whose names begin with dots", async () => {
    await using home = new TempHome();
    const names = ["...yaml", "..yaml", "....yaml"];
    const told = names.map((file) => fileRejected(taken(home, file), `${file} is refused\n`));
    expect(told.map((path) => readFileSync(path, "utf8"))).toEqual(
      names.map((file) => `${file} is refused\n`),
    );
    expect(home.files("inbox")).toHaveLength(6);
  });

  test("replaces an old reason, and never follows a link in its place", async () => {
    await using home = new TempHome();
    const other = join(home.path, "other.txt");
    writeFileSync(other, "mine");
    mkdirSync(join(home.layout.inbox, ".rejected"), { recursive: true });
    symlinkSync(other, join(home.layout.inbox, ".rejected", "job.yaml.error.txt"));
    const told = fileRejected(taken(home), "no\n");
    expect([readFileSync(told, "utf8"), readFileSync(other, "utf8")]).toEqual(["no\n", "mine"]);
  });
});

describe("putBack()", () => {
  test("returns a file under its own name, or beside one that arrived meanwhile", async () => {
    await using home = new TempHome();
    const first = taken(home);
    putBack(first);
    expect(home.files("inbox")).toEqual(["job.yaml"]);
    const second = taken(home);
    writeFileSync(join(home.layout.inbox, "job.yaml"), "newer");
    putBack(second);
    expect(home.files("inbox")).toEqual(["job.2.yaml", "job.yaml"]);
    expect(readFileSync(join(home.layout.inbox, "job.yaml"), "utf8")).toBe("newer");
    putBack(second);
  });

  test("returns a file to an inbox that was deleted and made again", async () => {
    await using home = new TempHome();
    const path = taken(home);
    rmSync(home.layout.inbox, { recursive: true });
    mkdirSync(home.layout.inbox);
    putBack(path);
    fileAccepted(path);
    expect(home.files("inbox")).toEqual([]);
  });
});
