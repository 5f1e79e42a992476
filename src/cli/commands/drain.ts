import type { Supervisor } from "../../daemon/supervisor.ts";
import { HAND_OVER_MS, takeOverHome } from "../../desk/hand-over.ts";
import { homePath } from "../../desk/home.ts";
import { planInputSeen } from "../../desk/plan-input.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { superviseHome, tellLeftJobs } from "../../desk/supervising.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import type { Deadline } from "../../model/work.ts";
import { hasReachableWork, isStuck, reasonsNotToWait } from "../../plan/drain.ts";
import type { PlanInput } from "../../plan/input.ts";
import { ensureHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { idsIn, readTasks } from "../../store/reader.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { CLOSING_FLAGS, deadlineOfFlags } from "../deadline.ts";
import { JOBS, readTerms } from "../supervisor-flags.ts";
import { ProgressLine } from "../text/progress.ts";

const FLAGS = {
  jobs: { value: JOBS, short: "j", help: "how many jobs may run at a time (default: one for each core)" },
  ...CLOSING_FLAGS,
  patient: { help: "wait for the work hours and mains power of config.yaml too" },
  quiet: { short: "q", help: "say nothing where nothing failed or is stuck" },
} as const;

type Flags = FlagValues<typeof FLAGS>;

const LOOK_MS = 200;

export const verb = declareVerb({
  flags: FLAGS,
  notes:
    "Exit code 1 if anything went to dead-letter/ since it began. Beside a supervisor or another drain it only waits.",
  run: async ({ context, flags }) => {
    const home = ensureHome(homePath(context));
    return home.ok ? drain(context, home.value, flags) : home.error;
  },
});

/** How long a drain goes on, and for what. */
class DrainSession {
  readonly #context: Context;
  readonly #layout: Layout;
  readonly #flags: Flags;
  readonly closing: Deadline | null;
  readonly #deadBefore: ReadonlySet<TaskId>;
  /** What it waited for when it last looked. */
  #waitedFor: ReadonlySet<TaskId> = new Set();
  /** What ran when it stopped starting jobs: beside a supervisor that goes on, only these are waited for. */
  #lastActive: ReadonlySet<TaskId> | null = null;
  isInterrupted = false;

  constructor(context: Context, given: { layout: Layout; flags: Flags; closing: Deadline | null }) {
    this.#context = context;
    this.#layout = given.layout;
    this.#flags = given.flags;
    this.closing = given.closing;
    this.#deadBefore = new Set(idsIn(given.layout, "dead-letter"));
  }

  get isClosed(): boolean {
    return this.closing !== null && this.#context.clock.now() >= this.closing.atMs;
  }

  /** True once it is to go without a look at what is left. */
  get isOver(): boolean {
    return this.isInterrupted || (this.isClosed && this.#flags.leave === true);
  }

  /** True where a holder has nothing left that this drain waits for. */
  isDone(supervisor: Supervisor): boolean {
    return supervisor.jobs.size === 0 && !hasReachableWork(supervisor.planInput, this.#patience);
  }

  /** What it waits for, as far as the files tell. */
  async waited(): Promise<Task[]> {
    const open = readTasks(this.#layout, ["running", "pending"]);
    const reasons = this.#reasons(await this.#seen(open));
    const waited = open.filter((task) => !reasons.has(task.metadata.id));
    this.#waitedFor = new Set(waited.map((task) => task.metadata.id));
    if (!this.isClosed) return waited;
    this.#lastActive ??= new Set(waited.map((task) => task.metadata.id));
    return waited.filter((task) => this.#lastActive?.has(task.metadata.id));
  }

  /** What is open of that in a holder's hands, and what runs that came since. */
  openIn(supervisor: Supervisor): Task[] {
    return [...supervisor.queue.tasks.values()].filter(
      (task) => task.status.state !== "queued" || this.#waitedFor.has(task.metadata.id),
    );
  }

  /** What failed meanwhile, and what is left and why. */
  async report(): Promise<Ended> {
    const { out } = this.#context;
    const isQuiet = this.#flags.quiet === true;
    const dead = idsIn(this.#layout, "dead-letter").filter((id) => !this.#deadBefore.has(id));
    for (const id of dead) out(`${id} failed (why: stint explain ${id})\n`);
    const left = readTasks(this.#layout, ["running", "pending"]);
    const around = await this.#seen(left);
    const reasons = this.#reasons(around);
    const told = isQuiet
      ? left.filter((task) => task.status.state === "queued" && isStuck(task, around))
      : left;
    out(asLines(told.map((task) => `${task.metadata.id} left: ${reasonLeft(task, reasons)}`)));
    if (!isQuiet && dead.length === 0 && left.length === 0) out("nothing is left to do\n");
    return dead.length > 0 ? EXIT.failed : EXIT.done;
  }

  #reasons(around: PlanInput): ReadonlyMap<TaskId, string> {
    return reasonsNotToWait(around, this.#patience);
  }

  get #patience(): { readonly isPatient: boolean } {
    return { isPatient: this.#flags.patient === true };
  }

  /** Another supervisor may stop earlier: this one would go on. */
  async #seen(open: readonly Task[]): Promise<PlanInput> {
    const seen = await planInputSeen(this.#context, this.#layout, open);
    return { ...seen, machine: { ...seen.machine, deadline: this.closing } };
  }
}

async function drain(context: Context, layout: Layout, flags: Flags): Promise<Ended> {
  const read = await readTerms(context, layout, flags);
  if (!read.ok) return read.error;
  const { settings, scheduling } = read.value;
  const closing = deadlineOfFlags(context, flags);
  if (!closing.ok) return closing.error;
  const errand = new DrainSession(context, { layout, flags, closing: closing.value });
  const progress = new ProgressLine(context);
  context.onSignal(() => (errand.isInterrupted = true));
  // Alone, it holds the home at least once: a crash may have left tasks on their way, where no list shows them.
  let hasHeld = false;
  while (!errand.isOver) {
    const waited = await errand.waited();
    const owner = lockOwner(layout);
    const isSupervised = owner?.role === "up" || owner?.role === "drain";
    if (waited.length === 0 && (hasHeld || isSupervised || errand.isClosed)) break;
    progress.show(waited);
    if (isSupervised) {
      tellOfSilence(context, layout);
      await Bun.sleep(LOOK_MS);
      continue;
    }
    // A `run` starts its own tasks alone: it hands over and becomes one who waits.
    const opened = await takeOverHome(context, layout, {
      role: "drain",
      scheduling: { ...scheduling, deadline: closing.value },
      notices: settings.notices,
    });
    if (!opened.ok && lockOwner(layout) === null) return opened.error;
    if (!opened.ok) continue;
    hasHeld = true;
    {
      await using session = opened.value;
      // Beside the loop, which may rest for long once it has looked.
      const show = (): void => progress.show(errand.openIn(session.supervisor));
      const showing = context.isTerminal ? setInterval(show, LOOK_MS) : undefined;
      await superviseHome(context, session, {
        settings,
        isDone: (supervisor, isQuiet) => errand.isOver || (isQuiet && errand.isDone(supervisor)),
        isHurried: () => errand.isOver,
      }).finally(() => clearInterval(showing));
      if (errand.isOver && flags.quiet !== true)
        tellLeftJobs(context, { supervisor: session.supervisor, layout });
      if (session.supervisor.leaving === null) break;
    }
    await Bun.sleep(HAND_OVER_MS);
  }
  progress.clear();
  return errand.report();
}

function reasonLeft(task: Task, reasons: ReadonlyMap<string, string>): string {
  if (task.status.state !== "queued") return task.status.state;
  return reasons.get(task.metadata.id) ?? "the drain was interrupted";
}
