import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BY_PATH, runBounded } from "../../lib/bounded-process.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { filesNamed } from "../files-named.ts";
import { pythonEnvironmentOf, type Running } from "../python/environment.ts";

/** Enough for the lines of progress of one run. */
const OUTPUT_BYTES = 4 * 1_024 * 1_024;
const RUN_FILE = /^run-.*\.wandb$/;
/** The folder that wandb makes for a run that is not sent while it runs. */
const OFFLINE_FOLDER = /^offline-run-/;
/** What a run has of its job says where it writes, and not where `wandb sync` reads. */
const OF_RUNS = /^WANDB_(?:MODE|DIR|RUN_ID|RESUME|NAME|NOTES|TAGS|RUN_GROUP|JOB_TYPE)$/;

/** The folder of a run that was logged offline. */
export interface OfflineRun {
  readonly folder: string;
  /** Its `.wandb` file. */
  readonly file: string;
}

/** The offline runs below a folder that are not marked as synced, in the order of their starts. */
export function unsyncedRuns(folder: string, without: readonly string[]): OfflineRun[] {
  return (
    filesNamed(folder, RUN_FILE, without)
      .map(({ path }) => ({ folder: dirname(path), file: path }))
      .filter((run) => OFFLINE_FOLDER.test(basename(run.folder)) && !isSynced(run))
      // Their folders have the time in their names.
      .toSorted((left, right) => (left.file < right.file ? -1 : 1))
  );
}

/** `wandb sync` writes this mark once the server has the whole run. */
function isSynced({ file }: OfflineRun): boolean {
  return existsSync(`${file}.synced`);
}

/** Sends a run to W&B with the wandb of its job; the error says what wandb said, in a clause. */
export async function syncRun(
  run: OfflineRun,
  { running, timeoutMs }: { readonly running: Running; readonly timeoutMs: number },
): Promise<Result<null, string>> {
  const wandb = wandbOf(running);
  const own = Object.entries(running.env).filter(([name]) => !OF_RUNS.test(name));
  const end = await runBounded({
    argv: [...BY_PATH, ...wandb, "sync", run.folder],
    // wandb writes its own logs into ./wandb, or where WANDB_DIR says: beside the run, not where the job works.
    cwd: dirname(run.folder),
    // By default it asks a server that cannot be reached for days.
    env: {
      WANDB__GRAPHQL_RETRY_MAX: "3",
      ...Object.fromEntries(own),
      WANDB_DIR: dirname(dirname(run.folder)),
    },
    timeoutMs,
    outputBytes: OUTPUT_BYTES,
  });
  if (end.how === "hung") return err(`${wandb.join(" ")} sync did not end in time`);
  if (end.how !== "ended") return err(`${wandb.join(" ")} could not be run`);
  // It ends with 0 too where the server was not reached: only the mark tells.
  if (end.code === 0 && isSynced(run)) return ok(null);
  return err(
    saidBy(`${end.out}\n${end.err}`) ?? `${wandb.join(" ")} sync ended without a mark that it is done`,
  );
}

/** The program `wandb` of the job's Python, else that of its PATH. */
function wandbOf(running: Running): string[] {
  const found = pythonEnvironmentOf(running);
  if (found === null) return ["wandb"];
  const program = join(found.prefix, "bin", "wandb");
  if (existsSync(program)) return [program];
  return [found.python ?? join(found.prefix, "bin", "python"), "-m", "wandb"];
}

/** The first line that tells of an error, else the last line. */
function saidBy(output: string): string | null {
  const lines = output
    .split("\n")
    .map((line) => line.replace(/^wandb: (?:ERROR )?/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("Find detailed error logs"));
  const told = lines.find((line) => /\berror\b|not authenticated|no module named|no such file/i.test(line));
  return (told ?? lines.at(-1) ?? null)?.replace(/^Error: /, "").slice(0, 300) ?? null;
}
