import { openSync } from "node:fs";
import { takeOverHome } from "../../desk/hand-over.ts";
import { isInsideJob } from "../../desk/inside-job.ts";
import { superviseHome, tellLeftJobs } from "../../desk/supervising.ts";
import { counted } from "../../lib/counted.ts";
import { localStamp, localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT, problem } from "../../model/errors.ts";
import type { Owner } from "../../model/owner.ts";
import { homeGone } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { inMadeHome } from "../in-home.ts";
import { tellOfPause } from "../pause-note.ts";
import { serveBeside } from "../serve-beside.ts";
import { readTerms, SUPERVISOR_FLAGS, supervisorArguments } from "../supervisor-flags.ts";

const FLAGS = {
  ...SUPERVISOR_FLAGS,
  detach: { short: "d", help: "run in the background; return when ready" },
} as const;

type Flags = FlagValues<typeof FLAGS>;

/** A detached supervisor that is not up by then has failed. */
const MAX_START_MS = 10_000;
const POLL_MS = 20;

export const verb = declareVerb({
  flags: FLAGS,
  run: inMadeHome(async ({ context, flags }, layout) => {
    return flags.detach ? detach(context, layout, flags) : up(context, layout, flags);
  }),
});

async function up(context: Context, layout: Layout, flags: Flags): Promise<Ended> {
  if (isInsideJob(context))
    context.err(
      "stint: this supervisor runs inside a job: it ends with that job, and so does all it starts\n",
    );
  const read = await readTerms(context, layout, flags);
  if (!read.ok) return read.error;
  const say = (line: string): void => context.log(`${localStamp(context.clock.now())} ${line}`);
  const opened = await takeOverHome(context, layout, { role: "up", terms: read.value, say });
  if (!opened.ok) return opened.error;
  await using session = opened.value;
  const { supervisor } = session;
  context.onSignal((signal) => {
    say(`${signal}: exiting, jobs keep running`);
    supervisor.leaving = "leave";
    supervisor.nudge();
  });
  say(
    `supervising ${layout.home}, ${counted(supervisor.context.config.scheduling.capacity.jobs, "job")} at a time (pid ${supervisor.context.lock.owner.pid})`,
  );
  using _server = serveBeside(context, layout, { flags, say });
  await superviseHome(context, session, { hasSources: true, isDone: () => false });
  tellLeftJobs(context, { supervisor, layout });
  return homeGone(layout.home) ?? EXIT.done;
}

async function detach(context: Context, layout: Layout, flags: Flags): Promise<Ended> {
  // Errors in flags or settings are reported here, not only in a log.
  const read = await readTerms(context, layout, flags);
  if (!read.ok) return read.error;
  const owner = lockOwner(layout);
  if (owner?.role === "up") {
    if (supervisorArguments(flags).length === 0) return tellRunning(context, layout, owner);
    const message = `Cannot start a supervisor for "${layout.home}": one is running with pid ${owner.pid}, since ${localTime(owner.since, context.clock.now())}`;
    return problem(
      "HOME_LOCKED",
      message,
      "stop it with `stint down` to start another one with these flags; `stint jobs N` changes its limit",
    );
  }
  if (isInsideJob(context)) {
    return problem(
      "NO_SUPERVISOR",
      `Cannot detach a supervisor for "${layout.home}": it would run inside a job, and nothing that a job starts outlives the job`,
      "start it outside of jobs, in a shell or with `stint service install`",
    );
  }
  tellOfPause(context, layout);
  const log = openSync(layout.supervisorLog, "a", 0o600);
  const child = Bun.spawn([context.self, "up", "--home", layout.home, ...supervisorArguments(flags)], {
    cwd: "/",
    env: { ...context.env },
    stdin: "ignore",
    stdout: log,
    stderr: log,
    detached: true,
  });
  const untilMs = context.clock.awakeMs() + MAX_START_MS;
  while (context.clock.awakeMs() < untilMs && child.exitCode === null) {
    const now = lockOwner(layout);
    if (now?.role === "up" && now.pid === child.pid) {
      context.out(
        asLines([`supervising ${layout.home} with pid ${child.pid}, log in ${layout.supervisorLog}`]),
      );
      child.unref();
      return EXIT.done;
    }
    await Bun.sleep(POLL_MS);
  }
  const message = `Cannot start a supervisor for "${layout.home}": it exited or did not become ready`;
  return problem("NO_SUPERVISOR", message, `its log: ${layout.supervisorLog}`);
}

/** What was asked for is there. */
function tellRunning(context: Context, layout: Layout, { pid, since }: Owner): Ended {
  const when = localTime(since, context.clock.now());
  context.out(asLines([`already running: the supervisor of ${layout.home}, pid ${pid}, since ${when}`]));
  tellOfPause(context, layout);
  return EXIT.done;
}
