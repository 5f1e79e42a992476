import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";
import { fingerprint, isKept, recordOf, SHAPES, supervised, survives } from "./hostile.ts";

const PLACES = ["pending", "running", "done", "dead-letter"] as const;
const GOOD = "000001-good";
const HELD = "000002-held";

/** A home with a task to run and one that is held; gives the record of the latter as a pattern. */
async function prepare(stint: Stint): Promise<string> {
  await stint.ok("submit", "--name", "good", "--", "true");
  await stint.ok("submit", "--hold", "--name", "held", "--", "true");
  return readFileSync(join(stint.home, "pending", `${HELD}.json`), "utf8");
}

function isGoodDone(stint: Stint): boolean {
  return stint.files("done").includes(`${GOOD}.json`);
}

/** All verbs, none of which may hang, crash or speak of bugs. */
async function allVerbs(stint: Stint): Promise<void> {
  await survives(stint, ["ls", "--all", "--json"]);
  await survives(stint, ["show", "2"]);
  await survives(stint, ["doctor"]);
  await survives(stint, ["submit", "--name", "more", "--", "true"]);
  await survives(stint, ["drain"]);
  await survives(stint, ["clean", "--older-than", "0s", "--dry-run"]);
}

describe("invalid records", () => {
  test.concurrent.each([...PLACES])("in %s/ are kept and reported, and the queue goes on", async (place) => {
    await using stint = new Stint();
    const pattern = await prepare(stint);
    const things = Object.entries({
      ...SHAPES,
      "of a newer stint": (path: string, good: string) =>
        writeFileSync(path, good.replace('"formatVersion": 1', '"formatVersion": 99')),
      "of another name": (path: string) => writeFileSync(path, pattern),
    }).map(([shape, put], index) => {
      const id = `${String(100 + index).padStart(6, "0")}-bad`;
      const path = join(stint.home, place, `${id}.json`);
      put(path, recordOf(pattern, { from: HELD, to: id }));
      return { shape, id, path, print: fingerprint(path) ?? "" };
    });
    const { code, out } = await survives(stint, ["doctor"]);
    expect(code).toBe(1);
    for (const { path } of things) expect(out).toContain(path);
    await allVerbs(stint);
    await supervised(stint, () => isGoodDone(stint));
    const lost = things.filter(({ print }) => !isKept(stint, print, [place, `${place}/.corrupt`]));
    expect(lost.map(({ shape }) => shape)).toEqual([]);
    expect(isGoodDone(stint)).toBeTrue();
    expect(stint.record(2).status.state).toBe("queued");
    for (const { id } of things) expect((await survives(stint, ["show", id])).code).not.toBe(0);
  });
});

describe("a file that stint did not make", () => {
  const FOLDERS: readonly (readonly [string, (name: string) => string])[] = [
    ["requests", (name) => `${name}.json`],
    ["requests", (name) => `${name}.reply.json`],
    ["incoming", (name) => name],
    ["incoming/0-batch", (name) => `${name}.json`],
    ["inbox", (name) => `${name}.yaml`],
    ["numbers", (name) => name],
    ["env", (name) => `${name}.json`],
    ["notices", (name) => `${name}.json`],
    ["tmp", (name) => `${name}.json.move`],
    ["tmp", (name) => `${name}.move`],
    ["locks", (name) => name],
    ["runs", (name) => name],
  ];

  test.concurrent.each(FOLDERS)("in %s/ is kept, and the queue goes on", async (folder, named) => {
    await using stint = new Stint();
    const pattern = await prepare(stint);
    mkdirSync(join(stint.home, folder), { recursive: true });
    const things = Object.entries(SHAPES).map(([shape, put], index) => {
      const path = join(stint.home, folder, named(`${String(100 + index).padStart(6, "0")}-bad`));
      put(path, pattern);
      return { shape, path, print: fingerprint(path) ?? "" };
    });
    await supervised(stint, () => isGoodDone(stint));
    await allVerbs(stint);
    expect(isGoodDone(stint)).toBeTrue();
    expect((await survives(stint, ["submit", "--", "true"])).code).toBe(0);
    const shelves = [folder, `${folder}/.corrupt`, "pending/.corrupt", "inbox/.rejected"];
    const lost = things.filter(({ print }) => !isKept(stint, print, shelves));
    expect(lost.map(({ shape }) => shape)).toEqual([]);
  });
});

describe("the one file of its kind", () => {
  const FILES = [
    "home.json",
    "config.yaml",
    "audit.ndjson",
    "locks/supervisor.lock/owner.json",
    "locks/supervisor.lock",
  ];
  /** One of each kind of answer from the system; records stand for the others. */
  const TELLING = [
    "truncated",
    "a FIFO",
    "a folder",
    "a link to nowhere",
    "a link to itself",
    "a link to a device without end",
  ];
  const GOOD_TEXT: Readonly<Record<string, string>> = { "config.yaml": "jobs: 4\ninboxes: [a, b]\n" };
  /** What is read as if nothing were there, or does not hinder. */
  const HARMLESS: Readonly<Record<string, readonly string[]>> = {
    "config.yaml": ["empty"],
    "audit.ndjson": Object.keys(SHAPES).filter((shape) => !/FIFO|socket|folder|itself|device/.test(shape)),
  };

  test.concurrent.each(
    FILES.flatMap((file) => TELLING.map((shape) => [file, shape, SHAPES[shape]] as const)),
  )("%s that is %s is refused in words", async (file, shape, put) => {
    await using stint = new Stint();
    await prepare(stint);
    const path = join(stint.home, file);
    mkdirSync(join(path, ".."), { recursive: true });
    put?.(path, GOOD_TEXT[file] ?? "{}");
    const print = fingerprint(path);
    const drained = await survives(stint, ["drain"]);
    const examined = await survives(stint, ["doctor"]);
    await survives(stint, ["submit", "--", "true"]);
    if (HARMLESS[file]?.includes(shape)) return expect([drained.code, isGoodDone(stint)]).toEqual([0, true]);
    expect([drained.code, isGoodDone(stint)]).not.toContain(true);
    expect(drained.code).not.toBe(0);
    expect(drained.err).toContain(stint.home);
    expect([examined.code, examined.out]).toEqual([1, expect.stringMatching(/^FAIL /m)]);
    expect(fingerprint(path)).toBe(print);
  });
});

test("a listing says the same whatever stands in the place of the cache of newest names", async () => {
  await using stint = new Stint();
  await prepare(stint);
  await stint.ok("drain");
  const said = await stint.ok("ls", "--json");
  for (const [shape, put] of Object.entries(SHAPES)) {
    const path = join(stint.home, "newest.json");
    put(path, '{"bootId": "x", "places": {"done": {"stamp": "0 0 0 0", "names": ["000009-x.json"]}}}');
    const print = fingerprint(path);
    expect([shape, await stint.ok("ls", "--json")]).toEqual([shape, said]);
    expect([shape, (await survives(stint, ["doctor"])).out]).toEqual([
      shape,
      expect.not.stringContaining(path),
    ]);
    expect([shape, (await survives(stint, ["drain"])).code]).toEqual([shape, 0]);
    expect([shape, fingerprint(path)]).toEqual([shape, print]);
  }
});
