import { availableParallelism } from "node:os";
import { configSeen } from "../../desk/config-seen.ts";
import { controlOf } from "../../desk/control.ts";
import { homePath } from "../../desk/home.ts";
import { limitsSeen } from "../../desk/limits-seen.ts";
import { seenMachine } from "../../desk/machine.ts";
import { readOverview } from "../../desk/overview.ts";
import { isLabelLimit } from "../../intake/settings.ts";
import { counted } from "../../lib/counted.ts";
import { asLines } from "../../lib/printable.ts";
import { isGpuMeant } from "../../machine/choose.ts";
import { check } from "../../model/check.ts";
import { EXIT } from "../../model/errors.ts";
import { slotName } from "../../model/identity.ts";
import type { Bounds } from "../../model/overrides.ts";
import type { Operation } from "../../model/request.ts";
import { ensureHome, openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { type Call, declareVerb, type Ended, type ValueType } from "../command-line/declare.ts";
import { usage } from "../command-line/usage.ts";
import type { Context } from "../context.ts";
import { JOBS } from "../supervisor-flags.ts";
import { performAndTell } from "../targets.ts";
import { controlLines, limitRows } from "../text/control.ts";
import { jsonText } from "../text/json.ts";
import { renderTable } from "../text/table.ts";

/** `0,1`; `all`; `none`. */
const GPUS: ValueType<readonly string[] | null> = {
  placeholder: "LIST",
  wanted: "GPUs by index, id or name such as 0,1; all; or none",
  choices: ["all", "none"],
  completes: "gpus",
  read: (typed) => {
    const names = typed.split(",").map((name) => name.trim());
    if (names.includes("")) return null;
    return typed === "none" ? [] : names;
  },
};

/** `train=2`; the last `=` comes before the number, as a label may have one itself. */
function limitValue(
  placeholder: string,
  example: string,
  isName: (name: string) => boolean,
): ValueType<readonly [string, number]> {
  return {
    placeholder,
    wanted: `${placeholder} such as ${example}`,
    read: (typed) => {
      const cut = typed.lastIndexOf("=");
      const [name, limit] = [typed.slice(0, cut), typed.slice(cut + 1)];
      return cut > 0 && isName(name) && /^[1-9]\d{0,8}$/.test(limit) ? [name, Number(limit)] : null;
    },
  };
}

const FLAGS = {
  gpus: { value: GPUS, help: "jobs may use only these GPUs, by index, id or name: 0,1; all; none" },
  lane: {
    value: {
      ...limitValue("NAME=N", "train=2", (name) => check(slotName, name).ok),
      completes: "laneLimits",
    },
    repeats: true,
    help: "run at most N tasks of this lane at a time",
  },
  label: {
    value: { ...limitValue("LABEL=N", "pool=night=2", isLabelLimit), completes: "labelLimits" },
    repeats: true,
    help: "run at most N tasks with this label at a time: team=2 (of each team), team=a=2",
  },
  untilRestart: { help: "only until this supervisor ends; else the change outlives it" },
  reset: {
    excludes: ["gpus", "lane", "label", "untilRestart"],
    help: "drop all changes: the flags of the supervisor and config.yaml apply again",
  },
  json: { help: "print JSON" },
} as const;

export const verb = declareVerb({
  operands: [{ name: "N", count: "optional", help: "run at most N jobs at a time" }],
  flags: FLAGS,
  notes:
    "Without N and flags it shows the limits. A change takes effect at once, overrides config.yaml and --jobs, and stops no running job. To start nothing: stint pause.",
  run,
});

async function run({ context, flags, operands }: Call<typeof FLAGS>): Promise<Ended> {
  const [typed] = operands;
  const jobs = typed === undefined ? undefined : JOBS.read(typed);
  if (jobs === null) {
    const hint = typed === "0" ? "to start nothing: stint pause" : undefined;
    return usage(`N is "${typed}", wanted ${JOBS.wanted}`, hint);
  }
  const bounds = boundsOf(jobs, flags);
  if (flags.reset === true && jobs !== undefined) return usage(`--reset and ${jobs} cannot be combined`);
  const isChange = flags.reset === true || Object.keys(bounds).length > 0;
  if (!isChange && flags.untilRestart === true)
    return usage("--until-restart needs a limit", "stint jobs 3 --until-restart");
  const home = isChange ? ensureHome(homePath(context)) : openHome(homePath(context));
  if (!home.ok) return home.error;
  if (!isChange) return show(context, home.value, flags.json === true);
  const operation: Operation =
    flags.reset === true
      ? { verb: "resetLimits" }
      : { verb: "limit", bounds, isLasting: flags.untilRestart !== true };
  const ended = await performAndTell(context, home.value, { operation, json: flags.json === true });
  if (ended === EXIT.done && jobs !== undefined && jobs > availableParallelism())
    context.err(asLines([sharedCores(jobs)]));
  if (ended === EXIT.done && (bounds.gpus ?? null) !== null)
    context.err(asLines(await unknownGpus(context, home.value)));
  return ended;
}

function boundsOf(jobs: number | undefined, { gpus, lane, label }: Call<typeof FLAGS>["flags"]): Bounds {
  return {
    ...(jobs !== undefined && { jobs }),
    ...(gpus !== undefined && { gpus: gpus === null || gpus.includes("all") ? null : [...gpus] }),
    ...(lane !== undefined && { slots: Object.fromEntries(lane) }),
    ...(label !== undefined && { labels: Object.fromEntries(label) }),
  };
}

/** The CPUs that tasks may ask for grow with the jobs. */
function sharedCores(jobs: number): string {
  return `stint: ${jobs} jobs share ${counted(availableParallelism(), "core")}: tasks are placed as if the machine had ${jobs} CPUs`;
}

/** Names of GPUs that match none: a typing error would keep all tasks with GPUs waiting. */
async function unknownGpus(context: Context, layout: Layout): Promise<string[]> {
  const owner = lockOwner(layout);
  const { scheduling } = await configSeen(context, layout, { owner });
  const { devices, isProbed } = await seenMachine(context, layout, { scheduling, owner });
  const isKnown = (name: string): boolean => devices.some((device) => isGpuMeant(name, device));
  const unknown = (scheduling.gpus ?? []).filter((name) => !isKnown(name));
  return isProbed && unknown.length > 0
    ? [`No GPU of this machine matches ${unknown.join(", ")}. See stint gpus.`]
    : [];
}

/** Shows what runs side by side, and why no more. */
async function show(context: Context, layout: Layout, isJson: boolean): Promise<Ended> {
  const nowMs = context.clock.now();
  const { active, owner, isSupervised, seen } = readOverview(layout, nowMs);
  const { layers, scheduling } = await configSeen(context, layout, { owner });
  const limits = limitsSeen(layers, { scheduling, active });
  const control = controlOf(seen, owner);
  if (isJson) {
    const { paused } = control;
    context.out(jsonText({ isSupervised, paused, limits }));
    return EXIT.done;
  }
  context.out(renderTable(limitRows(limits), { columns: context.columns() }));
  const lines = controlLines(control, nowMs);
  const { jobs } = scheduling.capacity;
  if (active.length > jobs)
    lines.push(
      `${active.length} jobs are running, over the limit of ${jobs}. They go on; the next job starts when ${jobs === 1 ? "none is" : `fewer than ${jobs} are`} left running.`,
    );
  if (!isSupervised) lines.push("No supervisor is running: nothing starts. To start one: stint up --detach");
  lines.push(...(await unknownGpus(context, layout)));
  if (lines.length > 0) context.err(`\n${asLines(lines)}`);
  return EXIT.done;
}
