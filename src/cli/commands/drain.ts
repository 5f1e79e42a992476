import { hasJobs } from "../../daemon/leave.ts";
import type { Supervisor } from "../../daemon/supervisor.ts";
import { HAND_OVER_MS, takeOverHome } from "../../desk/hand-over.ts";
import { planInputSeen } from "../../desk/plan-input.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { superviseHome, tellLeftJobs } from "../../desk/supervising.ts";
import { asLines } from "../../lib/printable.ts";
import { rangesOf } from "../../lib/ranges.ts";
import { EXIT } from "../../model/errors.ts";
import { whyFailed } from "../../model/failure-text.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import type { Owner } from "../../model/owner.ts";
import { isService } from "../../model/service.ts";
import { idsOfTasks, type Task } from "../../model/task.ts";
import type { Deadline } from "../../model/work.ts";
import { hasReachableWork, isStuck, reasonsNotToWait } from "../../plan/drain.ts";
import type { PlanInput } from "../../plan/input.ts";
import { batchMembers } from "../../store/batch.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { openGroups } from "../../store/open-groups.ts";
import { readTask, readTasks } from "../../store/reader.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { CLOSING_FLAGS, deadlineOfFlags } from "../deadline.ts";
import { DrainTally } from "../drain-tally.ts";
import { inMadeHome } from "../in-home.ts";
import { Interruption } from "../interruption.ts";
import { JOBS, readTerms } from "../supervisor-flags.ts";
import { pausedLines } from "../text/control.ts";
import { isSummed, manyTasks } from "../text/many.ts";
import { openGroupLines } from "../text/open-groups.ts";
import { ProgressLine } from "../text/progress.ts";

const FLAGS = {
  jobs: { value: JOBS, short: "j", help: "run at most N jobs at a time (default: one for each core)" },
  ...CLOSING_FLAGS,
  patient: { help: "wait for work hours and mains power, too (`work:` in config.yaml)" },
  quiet: { short: "q", help: "print only failures and stuck tasks" },
} as const;

type Flags = FlagValues<typeof FLAGS>;

const POLL_MS = 200;

export const verb = declareVerb({
  flags: FLAGS,
  notes:
    "Exit code 1 if a task failed (went to dead-letter/) since the drain began. While a supervisor or another drain is up, it only waits, and --for and --until only end that wait. If the queue is paused, it says so and ends once no job runs, with 0 unless a task failed.",
  run: inMadeHome(({ context, flags }, layout) => drain(context, layout, flags)),
});

/** One drain: what it waits for, and when it ends. */
class DrainSession {
  readonly #context: Context;
  readonly #layout: Layout;
  readonly #flags: Flags;
  readonly deadline: Deadline | null;
  readonly #tally: DrainTally;
  /** What it waited for at the last poll. */
  #waitedFor: ReadonlySet<TaskId> = new Set();
  /** What it waited for at the deadline: beside a supervisor that keeps starting jobs, it waits for these alone. */
  #lastActive: ReadonlySet<TaskId> | null = null;
  /** Why its supervisor could not load accepted batches, by name, and tasks, by id. */
  #stuck: ReadonlyMap<string, string> = new Map();
  readonly #interruption: Interruption;
  #hasToldOfOther = false;

  constructor(context: Context, given: { layout: Layout; flags: Flags; deadline: Deadline | null }) {
    this.#context = context;
    this.#layout = given.layout;
    this.#flags = given.flags;
    this.deadline = given.deadline;
    this.#interruption = new Interruption(context);
    this.#tally = new DrainTally(given.layout, context.clock.now());
  }

  get isClosed(): boolean {
    return this.deadline !== null && this.#context.clock.now() >= this.deadline.atMs;
  }

  /** True once the drain is to exit, whatever is left. */
  get isOver(): boolean {
    return this.#interruption.exit !== null || (this.isClosed && this.#flags.leave === true);
  }

  /** True where the supervisor has nothing left that this drain waits for. */
  isDone(supervisor: Supervisor): boolean {
    this.#stuck = supervisor.committer.stuck;
    return !hasJobs(supervisor) && !hasReachableWork(supervisor.planInput, this.#patience);
  }

  /** The tasks that it waits for, read from the files. */
  async waited(): Promise<Task[]> {
    const open = readTasks(this.#layout, ["running", "pending"]);
    this.#tally.see(open);
    const reasons = this.#reasons(await this.#seen(open));
    const waited = open.filter((task) => !isService(task) && !reasons.has(task.metadata.id));
    this.#waitedFor = new Set(idsOfTasks(waited));
    if (!this.isClosed) return waited;
    this.#lastActive ??= this.#waitedFor;
    return waited.filter((task) => this.#lastActive?.has(task.metadata.id));
  }

  /** The unfinished tasks of the supervisor that it waits for, and all that run. */
  openIn(supervisor: Supervisor): Task[] {
    return [...supervisor.queue.tasks.values()].filter(
      (task) => (task.status.state !== "queued" && !isService(task)) || this.#waitedFor.has(task.metadata.id),
    );
  }

  /** With a deadline, tells once that another supervisor does not keep to it. */
  tellOfOther({ role, pid }: Owner): void {
    const flag = this.#flags.for === undefined ? "--until" : "--for";
    if (this.deadline === null || this.#hasToldOfOther || this.#flags.quiet === true) return;
    this.#hasToldOfOther = true;
    const who = role === "up" ? "a supervisor" : "another drain";
    this.#context.err(
      `stint: ${who} is running (pid ${pid}) and starts the tasks: ${flag} only ends this wait\n`,
    );
  }

  /** Prints what failed since the start, and what is left and why. */
  async report(): Promise<Ended> {
    const { out, err } = this.#context;
    const isQuiet = this.#flags.quiet === true;
    const dead = this.#tally.failed();
    out(asLines(dead.map((id) => `${id} failed${whyDead(this.#layout, id)}`)));
    if (dead.length > 0 && !isQuiet)
      err(`Details: stint explain ${rangesOf(dead.map(numberOf)).join(" ")}\n`);
    const left = readTasks(this.#layout, ["running", "pending"]);
    const other = supervisorOf(this.#layout);
    const around =
      other === null ? await this.#seen(left) : await planInputSeen(this.#context, this.#layout, left);
    const reasons = this.#reasons(around);
    const unloaded = this.#unloaded();
    const { paused } = around.machine;
    if (paused !== null && !isQuiet) out(asLines([pausedLines(paused, around.nowMs).join(" ")]));
    const told = (
      isQuiet ? left.filter((task) => task.status.state === "queued" && isStuck(task, around)) : left
    ).filter((task) => !unloaded.has(task.metadata.id));
    const last = other === null ? "the drain was interrupted" : `the supervisor (pid ${other.pid}) starts it`;
    out(asLines(this.#linesLeft(told, (task) => reasonLeft(task, reasons) ?? last)));
    out(asLines([...unloaded].map(([id, why]) => `${id} left: ${why}`)));
    if (!isQuiet && dead.length === 0 && left.length + unloaded.size === 0) out("nothing is left to do\n");
    if (!isQuiet) err(openGroupLines(openGroups(this.#layout), left));
    const ended = isQuiet ? "" : this.#tally.text({ failed: dead, left, nowMs: around.nowMs });
    const open = left.length === 0 ? "" : `; ${left.length} left`;
    if (ended !== "") err(`In this drain: ${ended}${open}\n`);
    return this.#interruption.exit ?? (dead.length > 0 ? EXIT.failed : EXIT.done);
  }

  /** A line for each task that is left; on a terminal, of many one for each reason. */
  #linesLeft(left: readonly Task[], reasonOf: (task: Task) => string): string[] {
    if (!isSummed(left.length, this.#context))
      return left.map((task) => `${task.metadata.id} left: ${reasonOf(task)}`);
    return [...Map.groupBy(left, reasonOf)].map(
      ([reason, tasks]) => `left ${manyTasks(idsOfTasks(tasks))}: ${reason}`,
    );
  }

  /** The tasks that its supervisor could not load, and why. */
  #unloaded(): ReadonlyMap<string, string> {
    const entries = [...this.#stuck].flatMap(([key, why]) => {
      const members = batchMembers(this.#layout, key);
      return (members.length === 0 ? [key] : members).map((id) => [id, why] as const);
    });
    return new Map(entries);
  }

  #reasons(around: PlanInput): ReadonlyMap<TaskId, string> {
    return reasonsNotToWait(around, this.#patience);
  }

  get #patience(): { readonly isPatient: boolean } {
    return { isPatient: this.#flags.patient === true };
  }

  /** Plans with the deadline of this drain: another supervisor's may be earlier. */
  async #seen(open: readonly Task[]): Promise<PlanInput> {
    const seen = await planInputSeen(this.#context, this.#layout, open);
    return { ...seen, machine: { ...seen.machine, deadline: this.deadline } };
  }
}

async function drain(context: Context, layout: Layout, flags: Flags): Promise<Ended> {
  const read = await readTerms(context, layout, flags);
  if (!read.ok) return read.error;
  const deadline = deadlineOfFlags(context, flags);
  if (!deadline.ok) return deadline.error;
  const drained = new DrainSession(context, { layout, flags, deadline: deadline.value });
  const progress = new ProgressLine(context);
  // Without a supervisor it takes the home at least once: a crash may have left tasks between two folders, where no list shows them.
  let hasHeld = false;
  while (!drained.isOver) {
    const waited = await drained.waited();
    const other = supervisorOf(layout);
    if (waited.length === 0 && (hasHeld || other !== null || drained.isClosed)) break;
    progress.show(waited);
    if (other !== null) {
      drained.tellOfOther(other);
      tellOfSilence(context, layout);
      await Bun.sleep(POLL_MS);
      continue;
    }
    // A `run` starts only its own tasks: it hands the home over, and then waits.
    const opened = await takeOverHome(context, layout, {
      role: "drain",
      terms: { ...read.value, flags: { ...read.value.flags, deadline: deadline.value } },
    });
    if (!opened.ok && lockOwner(layout) === null) return opened.error;
    if (!opened.ok) continue;
    hasHeld = true;
    {
      await using session = opened.value;
      // Outside the loop, which may sleep for long.
      const show = (): void => progress.show(drained.openIn(session.supervisor));
      const showing = context.isTerminal ? setInterval(show, POLL_MS) : undefined;
      await superviseHome(context, session, {
        hasSources: true,
        isDone: (supervisor, isQuiet) => drained.isOver || (isQuiet && drained.isDone(supervisor)),
        isHurried: () => drained.isOver,
      }).finally(() => clearInterval(showing));
      if (drained.isOver && flags.quiet !== true)
        tellLeftJobs(context, { supervisor: session.supervisor, layout });
      if (session.supervisor.leaving === null) break;
    }
    await Bun.sleep(HAND_OVER_MS);
  }
  progress.clear();
  return drained.report();
}

/** Empty where the record cannot be read. */
function whyDead(layout: Layout, id: TaskId): string {
  const read = readTask(layout, id);
  return read.ok ? `: ${whyFailed(read.value)}` : "";
}

function reasonLeft(task: Task, reasons: ReadonlyMap<string, string>): string | undefined {
  return task.status.state === "queued" ? reasons.get(task.metadata.id) : task.status.state;
}

/** The other process that starts the tasks of the queue; a `run` starts only its own. */
function supervisorOf(layout: Layout): Owner | null {
  const owner = lockOwner(layout);
  return owner?.role === "up" || owner?.role === "drain" ? owner : null;
}
