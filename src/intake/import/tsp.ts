import { err, ok, type Result } from "../../lib/result.ts";
import { nameFrom } from "../../model/identity.ts";
import { type Diagnostic, diagnose } from "../diagnostic.ts";
import { fault } from "../fault.ts";
import { type ImportContext, type Imported, tasksFile, uniqueName } from "./imported.ts";

/** A job in the list of task-spooler. */
interface TspJob {
  readonly line: number;
  readonly id: number;
  readonly state: string;
  /** The job that must succeed before it. */
  readonly parent: number | null;
  readonly label: string | null;
  /** Its words, joined by blanks. */
  readonly command: string;
  /** Of one that has ended. */
  readonly exit: string;
}

const HEAD = /^ID +State +Output +E-Level +Times\S* +Command \[run=\d+\/(\d+)\]/;
const ROW = /^(\d+) +(queued|allocating|running|finished|skipped) +(\S+) +(.*)$/;
const MEASURED = /^(-?\d+) +[\d.]+\/[\d.]+\/[\d.]+ +(.*)$/;
const SHELL_LINE = /^((?:\S*\/)?(?:ba|da|z|k)?sh) (-[a-z]*c) (.+)$/s;
/** What a shell would have read before tsp got the word. */
const WAS_QUOTED = /[|&;<>()$`"'\\*?#~{}]| {2}/;

const DIFFERENCES = [
  "tsp lists neither the folder nor the environment: `stint submit` from where the commands belong",
  "tsp lists words without their quotes: an argument with a space in it comes as two",
  "the output is kept, and `stint logs` shows it; no mail is sent",
];

/** Reads the list that `tsp` prints: the jobs that wait become one task file. */
export function readTsp(text: string, context: ImportContext): Result<Imported, Diagnostic[]> {
  const lines = text.split(/\r?\n/);
  const head = HEAD.exec(lines[0] ?? "");
  if (head === null) {
    const what =
      "the text does not begin with the head of a list (ID State Output …), wanted what `tsp` prints";
    return err(diagnose({ file: context.file, text }, [fault({ start: 0, end: 1 }, what, "tsp > FILE")]));
  }
  const jobs = lines.flatMap((line, index) => jobIn(line, index + 1) ?? []);
  const waiting = jobs.filter(({ state }) => state === "queued" || state === "allocating");
  const taken = new Set<string>();
  const names = new Map(waiting.map((job) => [job.id, uniqueName(nameOf(job), taken)]));
  const isSerial = head[1] === "1";
  const notes: string[] = isSerial ? [] : [`tsp runs ${head[1]} at a time; here with stint jobs ${head[1]}`];
  const documents = waiting.map((job) => {
    const name = names.get(job.id) ?? "";
    const parent = names.get(job.parent ?? -1);
    const held = heldFor(job, jobs);
    if (held !== null) notes.push(`${name} is held, as ${held}: stint release ${name}`);
    if (!SHELL_LINE.test(job.command) && WAS_QUOTED.test(job.command))
      notes.push(`${name} had quotes that tsp does not list: check its command`);
    return {
      name,
      command: wordsOf(job.command),
      ...(parent !== undefined && { after: [parent], onParentFailure: "cancel" }),
      ...(isSerial && { slot: "tsp" }),
      ...(held !== null && { hold: true }),
      labels: { tsp: String(job.id) },
    };
  });
  const running = jobs.filter(({ state }) => state === "running");
  const name = "tsp";
  const ids = waiting.map(({ id }) => `tsp -r ${id}`).join("; ");
  return ok({
    files:
      waiting.length === 0
        ? []
        : [{ type: "tasks", name, line: null, notes, text: tasksFile([`From ${context.file}`], documents) }],
    leftOut: running.map(({ id, line, command }) => ({
      line,
      what: `the job ${id} is running and stays in tsp: ${command}`,
    })),
    differences: DIFFERENCES,
    afterwards: `Queue them: stint submit ${name}.yaml. tsp still has them: remove them there, or they run twice: ${ids}`,
  });
}

function jobIn(text: string, line: number): TspJob | null {
  const [, id = "", state = "", , rest = ""] = ROW.exec(text) ?? [];
  if (id === "") return null;
  const [, exit = "", measured = rest] = MEASURED.exec(rest) ?? [];
  const [, parent, labelled = measured] = /^\[(\d+)\]&& (.*)$/s.exec(measured) ?? [];
  // `[ -f x ]` is a command, and no label.
  const [, label, command = labelled] = /^\[([^\s\]][^\]]*)\](.+)$/s.exec(labelled) ?? [];
  return {
    line,
    id: Number(id),
    state,
    parent: parent === undefined ? null : Number(parent),
    label: label ?? null,
    command,
    exit,
  };
}

function nameOf({ label, command }: TspJob): string {
  if (label !== null) return nameFrom(label);
  const words = (SHELL_LINE.exec(command)?.[3] ?? command).split(/\s+/).slice(0, 4);
  return nameFrom(words.map((word) => word.slice(word.lastIndexOf("/") + 1)).join("-"));
}

function wordsOf(command: string): string[] {
  const [, shell, flag, line] = SHELL_LINE.exec(command) ?? [];
  if (shell !== undefined && flag !== undefined && line !== undefined) return [shell, flag, line];
  return command.split(" ").filter((word) => word !== "");
}

/** Why a job must not start by itself; null where it may. */
function heldFor({ parent }: TspJob, jobs: readonly TspJob[]): string | null {
  const before = jobs.find(({ id }) => id === parent);
  if (before?.state === "running") return `the job ${before.id}, which it waits for, runs in tsp`;
  const isFailed = before?.state === "skipped" || (before?.state === "finished" && before.exit !== "0");
  return isFailed ? `the job ${before.id}, which it waits for, failed` : null;
}
