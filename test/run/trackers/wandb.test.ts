import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readWandb, wandbValuesUnder } from "../../../src/run/trackers/wandb.ts";
import { fc } from "../../rig/fast-check.ts";
import { lengthField, wandbExit, wandbFile, wandbItems, wandbRun } from "../../rig/trackers.ts";

const history = (step: number): Buffer =>
  wandbItems(2, { loss: `${1 / step}`, "val.acc": String(step), _step: String(step), note: '"a text"' });
const STEPS = Array.from({ length: 40 }, (_, index) => history(index + 1));
const NOTHING = { id: null, project: null, exitCode: null, config: {}, values: {} };

describe("a .wandb file", () => {
  let folder: string;
  let path: string;
  const read = (content: Buffer) => {
    writeFileSync(path, content);
    return readWandb(path);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stint-test-"));
    path = join(folder, "run-a.wandb");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("tells which run it is of, its config, its last values and how it ended", () => {
    const config = wandbItems(5, { lr: "0.1", _wandb: "{}" });
    const summary = wandbItems(3, { best: "0.9", bad: "NaN" });
    expect(read(wandbFile([wandbRun("a", "vision"), config, ...STEPS, summary, wandbExit(3)]))).toEqual({
      id: "a",
      project: "vision",
      exitCode: 3,
      config: { lr: "0.1" },
      values: { loss: 0.025, "val.acc": 40, best: 0.9, bad: "nan" },
    });
  });

  test("is read where records cross blocks of 32 KiB; one of more than 1 MiB is left out", () => {
    const long = (bytes: number): Buffer => Buffer.concat([lengthField(4, Buffer.alloc(bytes)), history(7)]);
    const { values } = read(wandbFile([...STEPS, long(100_000), wandbItems(2, { end: "1" })]));
    expect(values).toEqual({ loss: 1 / 7, "val.acc": 7, end: 1 });
    expect(read(wandbFile([...STEPS, long(1_200_000), wandbItems(2, { end: "1" })])).values["val.acc"]).toBe(
      40,
    );
  });

  test("that is cut off anywhere has the values up to there", () => {
    const whole = wandbFile(STEPS);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (end) => {
        const last = STEPS.findLastIndex((_, index) => wandbFile(STEPS.slice(0, index + 1)).length <= end);
        expect(read(whole.subarray(0, end)).values["val.acc"]).toBe(last === -1 ? undefined : last + 1);
      }),
      { numRuns: 40 },
    );
  });

  test("with damaged bytes is read to its end, and has no value that was not written", () => {
    const filler = lengthField(4, Buffer.alloc(20_000));
    const whole = wandbFile([...STEPS.slice(0, 20), filler, filler, filler, filler, ...STEPS.slice(20)]);
    const spoilt = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(spoilt, (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, by] of changes) bytes[at] = (bytes[at] ?? 0) ^ by;
        const { values } = read(bytes);
        expect(Object.keys(values).every((name) => ["loss", "val.acc"].includes(name))).toBe(true);
        const acc = values["val.acc"];
        expect(acc === undefined || (Number.isInteger(acc) && Number(acc) <= 40)).toBe(true);
        // The steps after the fillers are in a block of their own.
        if (changes.every(([at]) => at > 7 && at < 60_000)) expect(acc).toBe(40);
      }),
      { numRuns: 60 },
    );
  });

  test("is none in any other bytes, nor in a folder or a file that is missing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(read(Buffer.from(any))).toEqual(NOTHING);
        expect(read(wandbFile([Buffer.from(any)])).exitCode).not.toBe(undefined);
      }),
      { numRuns: 60 },
    );
    expect(readWandb(folder)).toEqual(NOTHING);
    expect(readWandb(join(folder, "none.wandb"))).toEqual(NOTHING);
  });

  test("of more than 64 MiB is read at its ends, which is told", () => {
    const head = wandbFile([wandbRun("a", "vision"), ...STEPS]);
    writeFileSync(path, head);
    truncateSync(path, 65 * 1_024 * 1_024);
    const said: string[] = [];
    expect(wandbValuesUnder(folder, [], (sentence) => said.push(sentence))).toMatchObject({ "val.acc": 40 });
    expect(said).toEqual([expect.stringContaining("is larger than 64 MiB")]);
  });
});
