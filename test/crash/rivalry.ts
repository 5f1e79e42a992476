import { type RecordView, Stint, until } from "../rig/stint.ts";
import { checkInvariants, demand, starts } from "./sweep.ts";

const RIVALS = 8;
/** Many times what a task takes on a busy machine. */
const DEADLINE_PER_TASK_MS = 500;

/** What became of a home that supervisors fought for. */
export interface Rivalry {
  /** The exit codes of those that did not get the home. */
  readonly refused: ReadonlySet<number>;
  readonly records: readonly RecordView[];
  /** How often each job began. */
  readonly starts: Readonly<Record<string, number>>;
}

/** Starts 8 supervisors at once on one queue, kills the one that holds it, again and again; then works the rest off. */
export async function rivalry({ tasks, kills }: { tasks: number; kills: number }): Promise<Rivalry> {
  await using stint = new Stint();
  const job = 'run: echo "$STINT_TASK_ID" >> "$HOME/starts"; sleep 0.02\n';
  const input = Array.from({ length: tasks }, () => job).join("---\n");
  demand((await stint.run(["submit", "-"], { input })).code === 0, "the tasks cannot be queued");
  const refused = new Set<number>();
  for (let round = 0; round < kills; round += 1) {
    const rivals = Array.from({ length: RIVALS }, () => stint.start(["up", "--jobs", "4"]));
    await until("one has the home", () => rivals.some(({ pid }) => stint.owner()?.["pid"] === pid));
    const alive = (): typeof rivals => rivals.filter(({ exitCode }) => exitCode === null);
    await until("the others have left", () => alive().length === 1);
    for (const { exitCode } of rivals) if (exitCode !== null) refused.add(exitCode);
    const [supervisor] = alive();
    demand(stint.owner()?.["pid"] === supervisor?.pid, "who stayed does not hold the home");
    supervisor?.kill("SIGKILL");
    await supervisor?.exited;
  }
  const last = stint.start(["drain", "--jobs", "4"]);
  await until("all is done", () => last.exitCode !== null, {
    deadlineMs: 20_000 + tasks * DEADLINE_PER_TASK_MS,
  });
  demand(last.exitCode === 0, `the last one ended with ${last.exitCode}`);
  checkInvariants(stint, []);
  return { refused, records: stint.records(), starts: starts(stint) };
}
