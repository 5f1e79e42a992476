import { Database } from "bun:sqlite";
import { lstatSync } from "node:fs";
import { type Measure, measureOf } from "../../model/measure.ts";
import { ATTEMPT_TAG } from "../../model/tracker-tags.ts";
import { inDamagedFolder } from "../records.ts";

/** What MLflow's database has of an attempt. */
interface MlflowRun {
  readonly id: string;
  /** SCHEDULED, RUNNING, FINISHED, FAILED or KILLED. */
  readonly status: string;
  readonly params: Readonly<Record<string, string>>;
  /** The last value of each metric. */
  readonly metrics: Readonly<Record<string, Measure>>;
}

export interface MlflowRuns {
  /** By the tags of their attempts; of several runs of an attempt the last one, with the values of all. */
  readonly runs: ReadonlyMap<string, MlflowRun>;
  /** Why it could not be read; null where it could, and where there is none. */
  readonly refusal: string | null;
}

const NONE: MlflowRuns = { runs: new Map(), refusal: null };
/** A job commits for milliseconds. Longer waits would hold up the caller. */
const BUSY_MS = 1_000;
const MAX_RUNS = 20_000;
const MAX_NAMES = 1_000;
const TABLES = ["latest_metrics", "params", "runs", "tags"];
/** MLflow stores the largest double in place of an infinity. */
const LARGEST = Number.MAX_VALUE;

/**
 * The runs of some attempts in a database of MLflow, which is opened for reading only and beside its writers. What is no database of MLflow,
 * or is damaged or locked, has none and says why.
 */
export function mlflowRuns(path: string, attempts: readonly string[]): MlflowRuns {
  if (attempts.length === 0 || inDamagedFolder(() => !lstatSync(path).isFile(), true)) return NONE;
  let database: Database | null = null;
  try {
    database = new Database(path, { readonly: true, strict: true });
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.run("PRAGMA query_only = 1");
    database.run("PRAGMA trusted_schema = 0");
    if (!isMlflow(database)) return { ...NONE, refusal: "it is no database of MLflow" };
    return { runs: runsIn(database, attempts), refusal: null };
  } catch (error) {
    return { ...NONE, refusal: error instanceof Error ? error.message : String(error) };
  } finally {
    database?.close(false);
  }
}

/** A view of one of these names could be a query without an end. */
function isMlflow(database: Database): boolean {
  const found = database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' ORDER BY name LIMIT 1000",
    )
    .all()
    .map(({ name }) => name);
  return TABLES.every((name) => found.includes(name));
}

function runsIn(database: Database, attempts: readonly string[]): Map<string, MlflowRun> {
  const found = database
    .query<{ attempt: string; id: string; status: string }, [string, string, number]>(
      `SELECT tags.value AS attempt, runs.run_uuid AS id, runs.status AS status
       FROM tags JOIN runs ON runs.run_uuid = tags.run_uuid
       WHERE tags.key = ? AND tags.value IN (SELECT value FROM json_each(?)) AND runs.lifecycle_stage = 'active'
       ORDER BY runs.start_time LIMIT ?`,
    )
    .all(ATTEMPT_TAG, JSON.stringify(attempts), MAX_RUNS);
  const metricsOf = database.query<{ key: string; value: number; isNan: number }, [string, number]>(
    "SELECT key, value, is_nan AS isNan FROM latest_metrics WHERE run_uuid = ? LIMIT ?",
  );
  const paramsOf = database.query<{ key: string; value: string }, [string, number]>(
    "SELECT key, value FROM params WHERE run_uuid = ? LIMIT ?",
  );
  const runs = new Map<string, MlflowRun>();
  for (const { attempt, id, status } of found) {
    const before = runs.get(attempt);
    const metrics = metricsOf.all(id, MAX_NAMES).flatMap(({ key, value, isNan }) => {
      const measured = isNan ? "nan" : measureOf(Math.abs(value) === LARGEST ? value * 2 : value);
      return measured === null ? [] : [[key, measured] as const];
    });
    const params = paramsOf.all(id, MAX_NAMES).map(({ key, value }) => [key, value] as const);
    runs.set(attempt, {
      id,
      status,
      params: { ...before?.params, ...Object.fromEntries(params) },
      metrics: { ...before?.metrics, ...Object.fromEntries(metrics) },
    });
  }
  return runs;
}
