import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { AuditEntry, AuditLine } from "../../src/model/audit.ts";
import { Audit, auditFiles, FIRST_HASH, hashOf } from "../../src/store/audit.ts";
import { auditedVersions, verifyAudit } from "../../src/store/audit-chain.ts";
import { anyText } from "../rig/arbitraries.ts";
import { refusedAt } from "../rig/crash.ts";
import { fc } from "../rig/fast-check.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { at, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const note = (version: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  event: "task_queued",
  actor: "ada",
  task: "000001-train",
  uid: "uid-1",
  version,
  ...more,
});

/** Opens the log, appends notes, closes it: what one holder does. */
function log(home: TempHome, ...notes: AuditEntry[]): void {
  using audit = new Audit(home.layout);
  audit.append(notes, NOW_MS);
}

const linesOf = (home: TempHome): string[] =>
  readFileSync(home.layout.audit, "utf8").split("\n").slice(0, -1);
const parsed = (home: TempHome): AuditLine[] => linesOf(home).map((line) => JSON.parse(line) as AuditLine);
const rewrite = (home: TempHome, lines: readonly string[]): void =>
  writeFileSync(home.layout.audit, lines.map((line) => `${line}\n`).join(""));

/** A home with ten lines, written by three holders. */
function withTen(home: TempHome): void {
  log(home, note(1), note(2, { detail: 'a "quoted" ü\n' }), note(3));
  log(home, note(4), note(5), note(6));
  log(home, note(7), note(8), note(9), note(10));
}

describe("append()", () => {
  test("writes one line for each entry, each hashed and chained to the one before it", async () => {
    await using home = new TempHome();
    withTen(home);
    const lines = parsed(home);
    expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(lines.map(({ prevHash }) => prevHash)).toEqual([
      FIRST_HASH,
      ...lines.slice(0, -1).map(({ hash }) => hash),
    ]);
    expect(lines.every(({ hash, ...unsealed }) => hashOf(unsealed) === hash)).toBeTrue();
    expect(lines[1]).toMatchObject({ ...note(2), at: at(), detail: 'a "quoted" ü\n' });
    expect(statSync(home.layout.audit).mode & 0o777).toBe(0o600);
    expect(verifyAudit(home.layout)).toEqual({ ok: true, value: { lines: 10, lastSeq: 10 } });
  });

  test("keeps the lines that the disk refused for the next call, and leaves no part of them in the file", async () => {
    await using home = new TempHome();
    using audit = new Audit(home.layout);
    audit.append([note(1)], NOW_MS);
    const text = readFileSync(home.layout.audit, "utf8");
    expect(() => refusedAt("audit:written", "ENOSPC", () => audit.append([note(2)], NOW_MS))).toThrow(
      "ENOSPC",
    );
    expect(readFileSync(home.layout.audit, "utf8")).toBe(text);
    audit.append([note(3)], NOW_MS);
    expect(parsed(home).map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(verifyAudit(home.layout).ok).toBeTrue();
  });

  test("writes nothing for no entries", async () => {
    await using home = new TempHome();
    log(home);
    expect(readFileSync(home.layout.audit, "utf8")).toBe("");
  });
});

describe("a torn last line", () => {
  test("is cut and recorded, wherever it was torn, and the chain goes on", async () => {
    await using home = new TempHome();
    withTen(home);
    const text = readFileSync(home.layout.audit);
    const lastLine = text.lastIndexOf(0x0a, text.length - 2) + 1;
    for (const cutAt of [lastLine + 1, lastLine + 40, text.length - 1]) {
      writeFileSync(home.layout.audit, text);
      truncateSync(home.layout.audit, cutAt);
      log(home, note(11));
      expect(
        parsed(home)
          .slice(9)
          .map(({ seq, event, version }) => [seq, event, version]),
      ).toEqual([
        [10, "log_cut", undefined],
        [11, "task_queued", 11],
      ]);
      expect(valueOf(verifyAudit(home.layout)).lines).toBe(11);
    }
  });

  test("is cut where it is the first, and where zeros are left of it", async () => {
    await using home = new TempHome();
    writeFileSync(home.layout.audit, '{"seq":1,"at"');
    log(home, note(1));
    expect(parsed(home).map(({ seq, event }) => [seq, event])).toEqual([
      [1, "log_cut"],
      [2, "task_queued"],
    ]);
    appendFileSync(home.layout.audit, "\0".repeat(100));
    log(home, note(2));
    expect(valueOf(verifyAudit(home.layout)).lines).toBe(4);
  });
});

describe("rotation", () => {
  /** Just over the size of one file, in lines as long as any. */
  const FULL = Array.from({ length: 1_100 }, (_, index) => note(index + 1, { detail: "x".repeat(61_000) }));

  test("opens the next file with the last hash of the one before, also after a crash in between", async () => {
    await using home = new TempHome();
    log(home, ...FULL);
    expect(auditFiles(home.layout).map((path) => path.slice(home.layout.audit.length))).toEqual([
      ".000000001100",
      "",
    ]);
    expect(parsed(home).map(({ seq, event }) => [seq, event])).toEqual([[1_101, "rotated"]]);
    expect(verifyAudit(home.layout)).toEqual({ ok: true, value: { lines: 1_101, lastSeq: 1_101 } });
    // A kill right after the rename: the new file is empty or not there yet.
    for (const next of [1_102, 1_103]) {
      renameSync(home.layout.audit, `${home.layout.audit}.00000000${next - 1}`);
      if (next === 1_103) writeFileSync(home.layout.audit, "");
      log(home, note(next));
      expect(parsed(home).map(({ seq }) => seq)).toEqual([next]);
      expect(verifyAudit(home.layout)).toEqual({ ok: true, value: { lines: next, lastSeq: next } });
    }
    expect(auditedVersions(home.layout, made("uid-1"))).toEqual(new Map([["uid-1", 1_103]]));
  });

  test("goes on in the old file where the system refuses the next one", async () => {
    await using home = new TempHome();
    using audit = new Audit(home.layout);
    const inTheWay = `${home.layout.audit}.000000001100`;
    mkdirSync(inTheWay);
    expect(() => audit.append(FULL, NOW_MS)).toThrow("EISDIR");
    rmdirSync(inTheWay);
    audit.append([note(2_000)], NOW_MS);
    expect(auditFiles(home.layout)).toHaveLength(2);
    expect(verifyAudit(home.layout)).toEqual({ ok: true, value: { lines: 1_102, lastSeq: 1_102 } });
  });
});

describe("verifyAudit()", () => {
  test("finds nothing wrong where nothing was written", async () => {
    await using home = new TempHome();
    expect(verifyAudit(home.layout)).toEqual({ ok: true, value: { lines: 0, lastSeq: 0 } });
  });

  test("finds one byte that was changed, anywhere", async () => {
    await using home = new TempHome();
    withTen(home);
    const bytes = readFileSync(home.layout.audit);
    const anyPlace = fc.integer({ min: 0, max: bytes.length - 2 });
    // A blank would not change what the line says.
    const anyByte = fc.integer({ min: 0x21, max: 0x7e });
    fc.assert(
      fc.property(anyPlace, anyByte, (place, byte) => {
        fc.pre(bytes[place] !== byte);
        writeFileSync(
          home.layout.audit,
          Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + 1)]),
        );
        expect(errorOf(verifyAudit(home.layout)).code).toBe("AUDIT_BROKEN");
      }),
    );
  });

  test.each([
    ["a line that was removed", (lines: string[]) => lines.toSpliced(4, 1), 5],
    ["the first line that was removed", (lines: string[]) => lines.slice(1), 1],
    [
      "two lines that changed places",
      (lines: string[]) => lines.with(3, lines[4] ?? "").with(4, lines[3] ?? ""),
      4,
    ],
    ["a line that is there twice", (lines: string[]) => lines.toSpliced(5, 0, lines[4] ?? ""), 6],
    ["a line of something else", (lines: string[]) => lines.toSpliced(2, 0, '{"seq":3}'), 3],
    ["a line that is no JSON", (lines: string[]) => lines.toSpliced(9, 0, "hello"), 10],
  ])("finds %s, and names the line", async (_what, change, line) => {
    await using home = new TempHome();
    withTen(home);
    rewrite(home, change(linesOf(home)));
    expect(errorOf(verifyAudit(home.layout)).message).toContain(`audit.ndjson line ${line} `);
  });

  test("finds a line that was inserted with a number and a hash of its own", async () => {
    await using home = new TempHome();
    withTen(home);
    const [first] = parsed(home);
    const unsealed = {
      seq: 2,
      at: at(),
      event: "cleanup",
      actor: "eve",
      prevHash: first?.hash ?? "",
    } as const;
    rewrite(home, linesOf(home).toSpliced(1, 0, JSON.stringify({ ...unsealed, hash: hashOf(unsealed) })));
    expect(errorOf(verifyAudit(home.layout)).message).toContain("line 3 has number 2, wanted 3");
  });

  test("does not stop the queue where the last line was edited, and keeps reporting the broken chain", async () => {
    await using home = new TempHome();
    withTen(home);
    rewrite(home, linesOf(home).with(9, "spoilt"));
    log(home, note(11));
    expect(errorOf(verifyAudit(home.layout)).message).toContain("line 10 is not JSON");
  });
});

/** Tasks that were made before anything was logged. */
function made(...uids: string[]): Map<string, number> {
  return new Map(uids.map((uid) => [uid, 0]));
}

describe("auditedVersions()", () => {
  test("reads backwards over chunks and files, and no further than the tasks are old", async () => {
    await using home = new TempHome();
    const detail = "x".repeat(30_000);
    const write = (uid: string, atMs: number): void => {
      using audit = new Audit(home.layout);
      audit.append(
        Array.from({ length: 50 }, (_, index) => note(index + 1, { uid, detail })),
        atMs,
      );
    };
    const DAY = 86_400_000;
    write("uid-1", NOW_MS);
    renameSync(home.layout.audit, `${home.layout.audit}.000000000050`);
    write("uid-2", NOW_MS + 9 * DAY);
    write("uid-3", NOW_MS + 18 * DAY);
    const since = (atMs: number) => new Map(["uid-1", "uid-2", "uid-3"].map((uid) => [uid, atMs]));
    const found = (atMs: number) => [...auditedVersions(home.layout, since(atMs)).keys()].toSorted();
    expect(found(NOW_MS)).toEqual(["uid-1", "uid-2", "uid-3"]);
    expect(found(NOW_MS + 18 * DAY)).toContain("uid-3");
    expect(found(NOW_MS + 18 * DAY)).not.toContain("uid-1");
    expect(auditedVersions(home.layout, new Map())).toEqual(new Map());
    // The last line of a task counts, not one that is read later.
    log(home, note(60, { uid: "uid-1" }));
    const withUnknown = since(NOW_MS).set("uid-9", NOW_MS);
    expect(auditedVersions(home.layout, withUnknown).get("uid-1")).toBe(60);
  });

  test("gives the last version of each task, whatever its texts hold", async () => {
    await using home = new TempHome();
    const trap = '"uid":"uid-9" "version":99 \\"version\\":98 "version":97';
    log(home, note(1), note(3, { uid: "uid-2" }), note(2, { detail: trap }), {
      event: "lock_taken",
      actor: trap,
    });
    const { version: _none, ...unversioned } = note(7, { uid: "uid-3" });
    log(home, unversioned);
    expect(auditedVersions(home.layout, made("uid-1", "uid-2", "uid-3"))).toEqual(
      new Map([
        ["uid-1", 2],
        ["uid-2", 3],
      ]),
    );
  });

  test("reads back what was written, for any text", async () => {
    await using home = new TempHome();
    let version = 0;
    fc.assert(
      fc.property(anyText, anyText, (actor, detail) => {
        version += 1;
        log(home, note(version, { actor, detail }));
        expect(auditedVersions(home.layout, made("uid-1")).get("uid-1")).toBe(version);
        expect(verifyAudit(home.layout).ok).toBeTrue();
      }),
      { numRuns: 60 },
    );
  });
});
