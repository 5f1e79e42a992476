import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import {
  EMPTY_MS,
  type InboxFinding,
  type InboxMemory,
  NO_MEMORY,
  SETTLE_MS,
  scanInbox,
} from "../../src/intake/inbox.ts";
import { kindOfName } from "../../src/intake/inbox-name.ts";
import { makeFolder } from "./rig.ts";

/** Looks again and again as a supervisor does, at the machine's own time. */
function makeLooker(
  directory: string,
): () => { findings: readonly InboxFinding[]; againInMs: number | null } {
  let memory: InboxMemory = NO_MEMORY;
  return () => {
    const look = scanInbox(directory, { memory, nowMs: Date.now() });
    memory = look.memory;
    return look;
  };
}

const verdictOf = (findings: readonly InboxFinding[], file: string): string | undefined =>
  findings.find((one) => one.file === file)?.verdict;

function age(path: string, ms: number): void {
  const at = (Date.now() - ms) / 1_000;
  utimesSync(path, at, at);
}

describe("scanInbox() on a file that is being written", () => {
  test("takes it only once it has not changed for a while, and complete", async () => {
    using folder = makeFolder();
    const path = folder.at("job.yaml");
    const lines = ["name: slow", "run: echo slow", "timeout: 5m", "priority: 3"];
    const [pauseMs, lookMs] = [120, 20];
    // By a clock of the test's own: a pause of the test does not make the writer slower.
    const beganMs = Math.floor(Date.now() / 1_000) * 1_000;
    const verdicts: string[] = [];
    let memory = NO_MEMORY;
    let atMs = 0;
    for (; verdicts.at(-1) !== "take"; atMs += lookMs) {
      const line = atMs % pauseMs === 0 ? lines[atMs / pauseMs] : undefined;
      if (line !== undefined) {
        appendFileSync(path, `${line}\n`);
        utimesSync(path, (beganMs + atMs) / 1_000, (beganMs + atMs) / 1_000);
      }
      const { findings, againInMs, ...look } = scanInbox(folder.path, { memory, nowMs: beganMs + atMs });
      memory = look.memory;
      const verdict = verdictOf(findings, "job.yaml") ?? "none";
      verdicts.push(verdict);
      expect(verdict === "take" || (againInMs ?? 0) > 0).toBe(true);
    }
    const stillMs = atMs - lookMs - (lines.length - 1) * pauseMs;
    expect(stillMs).toBeWithin(SETTLE_MS, SETTLE_MS + 2 * lookMs);
    expect(verdicts.filter((one) => one === "wait").length).toBe(verdicts.length - 1);
    expect(await Bun.file(path).text()).toBe(`${lines.join("\n")}\n`);
  });

  test("takes a file that was renamed in at once, as its content is old", () => {
    using folder = makeFolder();
    mkdirSync(folder.at("inbox"));
    folder.write("aside.yaml", "run: a");
    age(folder.at("aside.yaml"), SETTLE_MS);
    renameSync(folder.at("aside.yaml"), folder.at("inbox/job.yaml"));
    expect(makeLooker(folder.at("inbox"))()).toMatchObject({
      findings: [{ file: "job.yaml", verdict: "take" }],
      againInMs: null,
    });
  });

  test("says when to look again, and takes the file then", () => {
    using folder = makeFolder();
    const { mtimeMs } = statSync(folder.write("job.yml", "run: a"));
    const nowMs = Math.ceil(mtimeMs) + 40;
    const first = scanInbox(folder.path, { memory: NO_MEMORY, nowMs });
    expect(first).toMatchObject({ findings: [{ file: "job.yml", verdict: "wait" }] });
    const againInMs = first.againInMs ?? 0;
    expect(againInMs).toBeWithin(SETTLE_MS - 41, SETTLE_MS - 40 + 10);
    const then = scanInbox(folder.path, { memory: first.memory, nowMs: nowMs + againInMs });
    expect(then).toMatchObject({ findings: [{ file: "job.yml", verdict: "take" }], againInMs: null });
  });

  test("judges a file with a future time by whether it changes between two looks", () => {
    using folder = makeFolder();
    folder.write("job.json", "{}");
    age(folder.at("job.json"), -3_600_000);
    const nowMs = Date.now();
    const first = scanInbox(folder.path, { memory: NO_MEMORY, nowMs });
    const early = scanInbox(folder.path, { memory: first.memory, nowMs: nowMs + SETTLE_MS - 1 });
    appendFileSync(folder.at("job.json"), "\n");
    age(folder.at("job.json"), -3_600_000);
    const changed = scanInbox(folder.path, { memory: early.memory, nowMs: nowMs + SETTLE_MS });
    const still = scanInbox(folder.path, { memory: changed.memory, nowMs: nowMs + 2 * SETTLE_MS });
    expect([first, early, changed, still].map(({ findings }) => findings[0]?.verdict)).toEqual([
      "wait",
      "wait",
      "wait",
      "take",
    ]);
    // A clock that was set back restarts the wait.
    const back = scanInbox(folder.path, { memory: changed.memory, nowMs: nowMs - 60_000 });
    expect(back).toMatchObject({ findings: [{ verdict: "wait" }], againInMs: SETTLE_MS + 5 });
  });

  test("gives an empty file longer, as it is usually about to be written", () => {
    using folder = makeFolder();
    folder.write("job.yaml", "");
    age(folder.at("job.yaml"), 3_600_000);
    const nowMs = Date.now();
    const first = scanInbox(folder.path, { memory: NO_MEMORY, nowMs });
    expect(first).toMatchObject({ findings: [{ verdict: "wait" }], againInMs: EMPTY_MS + 5 });
    const later = (ms: number) => scanInbox(folder.path, { memory: first.memory, nowMs: nowMs + ms });
    expect(later(EMPTY_MS - 1).findings).toEqual([{ file: "job.yaml", verdict: "wait" }]);
    expect(later(EMPTY_MS).findings).toMatchObject([{ file: "job.yaml", verdict: "take" }]);
    // What comes into it meanwhile has stood still as long as its time says.
    folder.write("job.yaml", "run: a");
    age(folder.at("job.yaml"), 60_000);
    expect(later(1).findings).toMatchObject([{ file: "job.yaml", verdict: "take" }]);
  });

  test("forgets a file that is gone, and ignores a folder that does not exist", () => {
    using folder = makeFolder();
    const nowMs = Date.now();
    folder.write("job.yaml", "run: a");
    const first = scanInbox(folder.path, { memory: NO_MEMORY, nowMs });
    expect(first.memory.sightings.size).toBe(1);
    rmSync(folder.at("job.yaml"));
    expect(scanInbox(folder.path, { memory: first.memory, nowMs }).memory.sightings.size).toBe(0);
    expect(scanInbox(folder.at("none"), { memory: first.memory, nowMs })).toEqual({
      findings: [],
      memory: { sightings: new Map(), ignored: new Set() },
      againInMs: null,
    });
  });
});

describe("scanInbox() on what it does not take", () => {
  const NAMES = [
    ".hidden.yaml",
    ".job.yaml.swp",
    "job.yaml~",
    "#job.yaml#",
    ".#job.yaml",
    "job.yaml.swp",
    "job.yaml.tmp",
    "job.yaml.part",
    "job.yaml.crdownload",
    "4913",
  ];

  test.each(NAMES)("ignores %s", (name) => {
    using folder = makeFolder();
    age(folder.write(name, "run: a"), 60_000);
    expect(kindOfName(name)).toBe("passing");
    expect(makeLooker(folder.path)()).toEqual(expect.objectContaining({ findings: [], againInMs: null }));
  });

  test("reports a file with another ending once, and again when it comes back", () => {
    using folder = makeFolder();
    const look = makeLooker(folder.path);
    folder.write("notes.txt", "x");
    const said = [
      {
        file: "notes.txt",
        verdict: "ignore" as const,
        reason: "its name does not end in .yaml, .yml, .json, .sh, .bash, .py, .slurm or .sbatch",
      },
    ];
    expect(look().findings).toEqual(said);
    expect(look().findings).toEqual([]);
    rmSync(folder.at("notes.txt"));
    expect(look().findings).toEqual([]);
    folder.write("notes.txt", "x");
    expect(look().findings).toEqual(said);
  });

  test("takes every ending in any case, in the order of the names", () => {
    using folder = makeFolder();
    for (const name of ["c.JSON", "a.yml", "b.Yaml"]) age(folder.write(name, "run: a"), 60_000);
    expect(makeLooker(folder.path)().findings.map(({ file, verdict }) => `${file} ${verdict}`)).toEqual([
      "a.yml take",
      "b.Yaml take",
      "c.JSON take",
    ]);
  });

  test("tells once of a folder with the name of a task, and of no other folder", () => {
    using folder = makeFolder();
    for (const name of ["job.yaml", "old", ".rejected"]) mkdirSync(folder.at(name));
    const look = makeLooker(folder.path);
    const reason = "it is a folder, wanted a file";
    expect(look().findings).toEqual([{ file: "job.yaml", verdict: "ignore", reason }]);
    expect(look().findings).toEqual([]);
  });

  test("refuses links, also dangling ones, and reads nothing behind them", () => {
    using folder = makeFolder();
    mkdirSync(folder.at("inbox"));
    folder.write("secret.yaml", "run: a");
    symlinkSync("../secret.yaml", folder.at("inbox/out.yaml"));
    symlinkSync("out.yaml", folder.at("inbox/in.yaml"));
    symlinkSync("nowhere", folder.at("inbox/nowhere.yaml"));
    expect(makeLooker(folder.at("inbox"))().findings).toEqual([
      {
        file: "in.yaml",
        verdict: "refuse",
        reason: "it is a symbolic link to out.yaml, wanted the file itself",
      },
      {
        file: "nowhere.yaml",
        verdict: "refuse",
        reason: "it is a symbolic link to nowhere, wanted the file itself",
      },
      {
        file: "out.yaml",
        verdict: "refuse",
        reason: "it is a symbolic link to ../secret.yaml, wanted the file itself",
      },
    ]);
  });

  test("refuses FIFOs and sockets without waiting for them", () => {
    using folder = makeFolder();
    Bun.spawnSync(["mkfifo", folder.at("pipe.yaml")]);
    const server = Bun.listen({ unix: folder.at("socket.yaml"), socket: { data: () => undefined } });
    expect(makeLooker(folder.path)().findings).toEqual([
      { file: "pipe.yaml", verdict: "refuse", reason: "it is a FIFO, wanted a file" },
      { file: "socket.yaml", verdict: "refuse", reason: "it is a socket, wanted a file" },
    ]);
    server.stop(true);
  });

  test("refuses more than 10 MiB without reading it", () => {
    using folder = makeFolder();
    closeSync(openSync(folder.at("big.yaml"), "w"));
    truncateSync(folder.at("big.yaml"), 10 * 2 ** 20 + 1);
    expect(makeLooker(folder.path)().findings).toEqual([
      { file: "big.yaml", verdict: "refuse", reason: "it is larger than 10 MiB (10485761 bytes)" },
    ]);
    truncateSync(folder.at("big.yaml"), 10 * 2 ** 20);
    expect(verdictOf(makeLooker(folder.path)().findings, "big.yaml")).toBe("wait");
  });

  // The superuser may read everything.
  test.skipIf(process.getuid?.() === 0)("refuses a file that it may not read", () => {
    using folder = makeFolder();
    chmodSync(folder.write("job.yaml", "run: a"), 0o000);
    expect(makeLooker(folder.path)().findings).toEqual([
      { file: "job.yaml", verdict: "refuse", reason: "it cannot be read: permission denied" },
    ]);
  });

  test("refuses unusable names, and ignores the temporary names of editors", () => {
    using folder = makeFolder();
    const raw = Buffer.from("a\xff.yaml", "latin1");
    const long = `${"é".repeat(125)}.yaml`;
    writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), raw]), "run: a");
    folder.write(long, "run: a");
    folder.write("..yaml.yaml", "run: a");
    folder.write(`.${"x".repeat(250)}.yml`.slice(0, 255), "run: a");
    age(folder.write("b.yaml", "run: b"), 60_000);
    expect(makeLooker(folder.path)().findings).toMatchObject([
      { file: "..yaml.yaml", verdict: "refuse", reason: "its name begins with two dots" },
      { file: "a\uFFFD.yaml", verdict: "refuse", reason: "its name is not UTF-8", raw },
      { file: "b.yaml", verdict: "take" },
      {
        file: `${"é".repeat(40)}….yaml`,
        verdict: "refuse",
        reason: "its name has 255 bytes, wanted at most 200",
        raw: Buffer.from(long),
      },
    ]);
  });
});
