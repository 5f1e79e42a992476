import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mlflowRuns } from "../../../src/run/trackers/mlflow.ts";
import { fc } from "../../rig/fast-check.ts";
import { mlflowDatabase } from "../../rig/trackers.ts";

describe("MLflow's database", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stint-test-"));
    path = join(folder, "mlflow.db");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("has the runs of attempts by their tags, of several runs of an attempt the values of all", () => {
    mlflowDatabase(path, [
      {
        attempt: "a/1",
        metrics: { acc: 0.5, loss: Number.NaN, peak: Number.MAX_VALUE },
        params: { lr: "1" },
      },
      { attempt: "a/1", metrics: { acc: 0.7 } },
      { attempt: "a/2", metrics: { acc: 0.9 } },
      { attempt: "a/1", metrics: { acc: 0.1 }, isDeleted: true },
    ]);
    const { runs, refusal } = mlflowRuns(path, ["a/1", "b/1"]);
    expect(refusal).toBe(null);
    expect([...runs]).toEqual([
      [
        "a/1",
        {
          id: "run1",
          status: "FINISHED",
          params: { lr: "1" },
          metrics: { acc: 0.7, loss: "nan", peak: "inf" },
        },
      ],
    ]);
  });

  test("is read while a job writes to it, and is not changed", () => {
    mlflowDatabase(path, [{ attempt: "a/1", metrics: { acc: 0.5 } }]);
    using writer = new Database(path);
    writer.run("BEGIN IMMEDIATE");
    writer.run("UPDATE latest_metrics SET value = 0.6");
    const before = readFileSync(path);
    expect(mlflowRuns(path, ["a/1"]).runs.get("a/1")?.metrics).toEqual({ acc: 0.5 });
    expect(readFileSync(path).equals(before)).toBe(true);
    writer.run("COMMIT");
    expect(mlflowRuns(path, ["a/1"]).runs.get("a/1")?.metrics).toEqual({ acc: 0.6 });
  });

  test("that is missing has no runs; what is no such database, or has views in place of tables, says so", () => {
    expect(mlflowRuns(path, ["a/1"])).toEqual({ runs: new Map(), refusal: null });
    expect(mlflowRuns(folder, ["a/1"])).toEqual({ runs: new Map(), refusal: null });
    writeFileSync(path, "no database at all".repeat(100));
    expect(mlflowRuns(path, ["a/1"]).refusal).toMatch(/not a database/);
    rmSync(path);
    using other = new Database(path, { create: true });
    for (const name of ["runs", "tags", "params"]) other.run(`CREATE TABLE ${name} (a)`);
    other.run(`CREATE VIEW latest_metrics AS WITH RECURSIVE n(i) AS
      (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'acc' AS key, i AS value, 0 AS is_nan, 'r' AS run_uuid FROM n`);
    expect(mlflowRuns(path, ["a/1"]).refusal).toBe("it is no database of MLflow");
  });

  test("with damaged bytes is read or refused, and never throws", () => {
    mlflowDatabase(path, [{ attempt: "a/1", metrics: { acc: 0.5, loss: 2 }, params: { lr: "1" } }]);
    const whole = readFileSync(path);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole);
        for (const [at, to] of changes) bytes[at] = to;
        writeFileSync(path, bytes.subarray(0, changes.length % 3 === 0 ? length : bytes.length));
        const { runs, refusal } = mlflowRuns(path, ["a/1"]);
        expect(refusal === null || runs.size === 0).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
