import { hostname } from "node:os";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { isTerminal, STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { inMadeHome } from "../in-home.ts";
import { cancelled, controlled } from "../slurm/act.ts";
import { SACCT, SCANCEL, SCONTROL, SQUEUE } from "../slurm/grammars.ts";
import { jobsNamed, slurmStateOf } from "../slurm/jobs.ts";
import { sacctText, squeueText } from "../slurm/lists.ts";
import { type SlurmWords, slurmWords } from "../slurm/words.ts";
import { targetTasks } from "../targets.ts";

const PROGRAMS = { squeue: SQUEUE, sacct: SACCT, scancel: SCANCEL, scontrol: SCONTROL } as const;
type Program = keyof typeof PROGRAMS;

export const verb = declareVerb({
  operands: [{ name: "PROGRAM", count: "one", help: "a program of Slurm", choices: Object.keys(PROGRAMS) }],
  takesCommand: true,
  flags: {},
  run: inMadeHome(run),
});

async function run({ context, operands, words }: Call, layout: Layout): Promise<Ended> {
  const program = operands[0] as Program;
  const given = slurmWords(words ?? [], PROGRAMS[program]);
  if ("unknown" in given) return refused(program, `its option ${given.unknown} is unknown here`);
  if (program === "scontrol") return scontrol({ context, given, layout });
  const named = [...given.words, ...(given.options.get("jobs") ?? [])].flatMap((list) => listOf(list));
  const found = named.length > 0 ? jobs(layout, named) : selected(context, layout, { program, given });
  if (!Array.isArray(found)) return found;
  if (program === "scancel") return cancelled(context, layout, { options: given.options, tasks: found });
  const wanted = stateFilter(given);
  const tasks = found.filter(
    (task) => wanted(task) && (program === "sacct" || wanted !== all || !isTerminal(task.status.state)),
  );
  const listing = { tasks, node: hostname(), nowMs: context.clock.now() };
  const text = program === "sacct" ? sacctText(given, listing) : squeueText(given, listing);
  if (typeof text !== "string") return refused(program, `its field ${text.unknown} is unknown here`);
  context.out(text);
  return EXIT.done;
}

/** A list with commas, except those in brackets. */
function listOf(text: string): string[] {
  return text.split(/,(?![^[]*\])/).filter((one) => one !== "");
}

function jobs(layout: Layout, named: readonly string[]): Task[] | Problem {
  const tasks = new Map<string, Task>();
  for (const name of named) {
    const found = jobsNamed(layout, name);
    if (found === null)
      return problem("USAGE", `Cannot find the job "${name}": wanted a number, or 70_0 in an array`);
    for (const task of found) tasks.set(task.metadata.id, task);
  }
  return [...tasks.values()];
}

/** Without a job: of squeue all unfinished ones, of scancel those of a name or a user, of sacct all. */
function selected(
  context: Call["context"],
  layout: Layout,
  { program, given: { options } }: { readonly program: Program; readonly given: SlurmWords },
): Task[] | Problem {
  const users = options.has("me") ? [context.user()] : (options.get("user") ?? []).flatMap(listOf);
  const names = [...(options.get("name") ?? []), ...(options.get("jobname") ?? [])].flatMap(listOf);
  if (program === "scancel" && users.length + names.length === 0)
    return refused(program, "no job is named; wanted a number, --name or --user");
  const found = targetTasks(context, {
    layout,
    references: [],
    flags: { all: true },
    states: program === "sacct" ? STATES : STATES.filter((state) => !isTerminal(state)),
    eligible: ({ metadata }) =>
      (users.length === 0 || users.includes(metadata.createdBy)) &&
      (names.length === 0 || names.includes(metadata.group?.name ?? metadata.name)),
  });
  return found.ok ? found.value : found.error;
}

const all = (): boolean => true;

function stateFilter({ options }: SlurmWords): (task: Task) => boolean {
  const states = [...(options.get("states") ?? []), ...(options.get("state") ?? [])]
    .flatMap(listOf)
    .map((state) => state.toUpperCase());
  if (states.length === 0 || states.includes("ALL")) return all;
  return (task) => slurmStateOf(task).some((word) => states.includes(word));
}

async function scontrol({
  context,
  given: { words },
  layout,
}: Pick<Call, "context"> & { readonly given: SlurmWords; readonly layout: Layout }): Promise<Ended> {
  const [word = "", ...rest] = words;
  if (word === "show" && rest[0] === "hostnames") {
    context.out(`${rest[1] ?? context.env["SLURM_JOB_NODELIST"] ?? hostname()}\n`);
    return EXIT.done;
  }
  const found = jobs(layout, rest.flatMap(listOf));
  if (!Array.isArray(found)) return found;
  if (found.length === 0) return refused("scontrol", `there is no job "${rest.join(" ")}"`);
  return (
    (await controlled(context, layout, { word, tasks: found })) ??
    refused(
      "scontrol",
      `${word === "" ? "it" : `"${word}"`} is unknown here, wanted requeue, hold, release or show hostnames`,
    )
  );
}

function refused(program: Program, is: string): Problem {
  return problem("USAGE", `Cannot run ${program}: ${is}`, "see `stint help launchers`");
}
