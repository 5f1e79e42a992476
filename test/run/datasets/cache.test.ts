import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pid } from "node:process";
import { bootId, startTimeOf } from "../../../src/lib/host.ts";
import { CachedDigest } from "../../../src/run/datasets/cache.ts";
import { digestOf } from "../../../src/run/datasets/digest.ts";
import { readTree } from "../../../src/run/datasets/tree.ts";
import { takeTurn } from "../../../src/run/datasets/turn.ts";
import { verifyDatasets } from "../../../src/run/datasets/verify.ts";
import { fakeClock } from "../../rig/clock.ts";
import { fc } from "../../rig/fast-check.ts";
import { valueOf } from "../../rig/results.ts";
import { makePlace, type Place } from "../rig.ts";

/** So long after all writes that no file can change without its times. */
const LATER = fakeClock(Date.now() + 3_600_000);
/** The clock of a file system may stand still for so long. */
const TICK_MS = 12;

async function verified(place: Place): Promise<string> {
  const datasets = { d: { path: place.file("d") } };
  const data = { datasets, provenance: "strict", task: "000001-a", cache: place.file("cache") } as const;
  const around = {
    order: { parts: { data } },
    directory: place.path,
    clock: LATER,
    environment: {},
    tell: () => {},
  };
  return valueOf(await verifyDatasets(around)).datasets?.["d"]?.sha256 ?? "";
}

const name = fc.constantFrom("a", "b", "e/c");
const change = fc.oneof(
  fc.record({ type: fc.constant("write" as const), name, text: fc.constantFrom("1", "2", "33") }),
  /** Of the same size and modification time, as a program leaves it that sets the time back. */
  fc.record({
    type: fc.constant("forge" as const),
    name: fc.constant("a"),
    text: fc.constantFrom("1", "2"),
  }),
  fc.record({ type: fc.constant("replace" as const), name, text: fc.constantFrom("1", "2") }),
  fc.record({ type: fc.constant("remove" as const), name, text: fc.constant("") }),
  fc.record({ type: fc.constant("touch" as const), name, text: fc.constant("") }),
);

function apply(place: Place, { type, name: file, text }: { type: string; name: string; text: string }): void {
  const path = place.file(join("d", file));
  const before = statSync(path, { throwIfNoEntry: false });
  mkdirSync(place.file("d/e"), { recursive: true });
  if (type === "remove") return rmSync(path, { force: true });
  if (type === "touch") return before === undefined ? undefined : utimesSync(path, 1, 1);
  if (type !== "replace") writeFileSync(path, text);
  else {
    writeFileSync(place.file("new"), text);
    renameSync(place.file("new"), path);
  }
  if (type === "forge") utimesSync(path, 1, 1);
}

describe("what was found before", () => {
  test("is what reading finds, whatever happened to the data", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        await using place = makePlace();
        mkdirSync(place.file("d"));
        for (const one of changes) {
          await Bun.sleep(TICK_MS);
          apply(place, one);
          const read = digestOf(valueOf(readTree(place.file("d"))), {
            algorithm: "sha256",
            onBytes: () => {},
          });
          expect(await verified(place)).toBe(valueOf(read));
        }
      }),
      { numRuns: 20 },
    );
  });

  test("is kept of a bounded number of paths, and of a bounded number of checksums of each", async () => {
    await using place = makePlace();
    const folder = place.file("cache");
    for (let path = 0; path < 1_050; path += 1)
      new CachedDigest(folder, `/${path}`, "sha256").keep({ path: "", stamp: "", digest: "" });
    expect(readdirSync(folder).length).toBeLessThanOrEqual(1_000);
    const one = new CachedDigest(folder, "/1049", "sha256");
    for (let task = 0; task < 30; task += 1) one.noteTask(`00000${task}-a`, `digest ${task}`, 0);
    one.noteTask("000007-b", "digest 29", 0);
    expect(
      one
        .recall()
        ?.had.map(({ task }) => task)
        .slice(-2),
    ).toEqual(["0000028-a", "000007-b"]);
    expect(one.recall()?.had).toHaveLength(16);
  });
});

describe("the turn to read data", () => {
  const reader = (other: object) =>
    JSON.stringify({ pid, startTime: startTimeOf(pid), bootId: bootId(), directory: "/other", ...other });

  test("is that of one living process at a time", async () => {
    await using place = makePlace();
    const lock = place.file("cache/a.lock");
    {
      using first = takeTurn(lock, "/one") as Disposable;
      expect(Symbol.dispose in first).toBe(true);
      expect(takeTurn(lock, "/two")).toMatchObject({ pid, directory: "/one" });
    }
    expect(Symbol.dispose in takeTurn(lock, "/three")).toBe(true);
    expect(readdirSync(place.file("cache"))).toEqual(["a.lock"]);
  });

  test.each([
    ["a process that is gone", reader({ startTime: "1" })],
    ["an earlier boot", reader({ bootId: "earlier" })],
    ["half a line", '{"pid":'],
  ])("is taken over from %s", async (_what, text) => {
    await using place = makePlace();
    const lock = place.write("a.lock", text);
    expect(Symbol.dispose in takeTurn(lock, "/one")).toBe(true);
  });

  test("is none to wait for where it cannot be taken", () => {
    expect(Symbol.dispose in takeTurn("/proc/nowhere/a.lock", "/one")).toBe(true);
  });
});
