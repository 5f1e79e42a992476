import { Database } from "bun:sqlite";
import { join } from "node:path";

/** An interpreter that has tqdm and tensorboardX; `.ci/run` makes it, and says here where it is. */
const GIVEN = process.env["STINT_TEST_PYTHON"];

export const PYTHON = GIVEN ?? "python3";

/** On a developer's machine the packages may be missing; the gate installs them, and fails without them. */
export const HAS_PACKAGES = GIVEN !== undefined || process.env["CI"] !== undefined;

/** Without importing it, which takes seconds. */
export const HAS_MLFLOW = hasModule("mlflow");
export const HAS_WANDB = hasModule("wandb");
/** `bun run test:tracking` sets it: all packages of trackers and launchers are there, and their slow tests run. */
export const isWholeTrackingTest = process.env["STINT_TEST_TRACKING"] === "1";
/** An interpreter under load takes minutes to import the large packages. */
export const TRACKING_MS = 600_000;

function hasModule(name: string): boolean {
  const script = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`;
  return Bun.spawnSync([PYTHON, "-c", script], { stderr: "ignore" }).exitCode === 0;
}

interface RunSeen {
  readonly task: string | null;
  /** Whether the run that heads the sweep is its parent. */
  readonly parent: boolean;
  readonly experiment: string;
  readonly status: string;
  readonly ended: boolean;
}

/** The runs in the local store of a home, by their tasks; that which heads the sweep first. */
export function mlflowRuns(home: string): RunSeen[] {
  const store = new Database(join(home, "tracking", "mlflow.db"), { readonly: true });
  const rows = store
    .query(
      `select (select value from tags t where t.run_uuid = r.run_uuid and t.key = 'stint.task') as task,
              (select value from tags t where t.run_uuid = r.run_uuid and t.key = 'mlflow.parentRunId')
                in (select run_uuid from tags where key = 'stint.sweep') as parent,
              e.name as experiment, r.status as status, r.end_time >= r.start_time as ended
       from runs r join experiments e using (experiment_id) order by task`,
    )
    .all() as Record<string, unknown>[];
  store.close();
  return rows.map(
    ({ parent, ended, ...row }) => ({ ...row, parent: parent === 1, ended: ended === 1 }) as RunSeen,
  );
}
