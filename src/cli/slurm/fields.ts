import { own } from "../../lib/own.ts";
import type { Task } from "../../model/task.ts";
import { jobIdOf, slurmStateOf } from "./jobs.ts";

/** What a row of sacct and squeue tells of a task. */
interface Seen {
  readonly task: Task;
  readonly node: string;
  readonly nowMs: number;
}

type Field = (seen: Seen) => string;

const last = ({ task }: Seen): Task["status"]["attempts"][number] | undefined => task.status.attempts.at(-1);
const startOf = (seen: Seen): string | undefined => last(seen)?.startedAt;
const endOf = (seen: Seen): string | undefined => {
  const attempt = last(seen);
  return attempt !== undefined && "finishedAt" in attempt ? attempt.finishedAt : undefined;
};
const nodeOf: Field = (seen) => (last(seen) === undefined ? "" : seen.node);
const name: Field = ({ task }) => task.metadata.group?.name ?? task.metadata.name;
const cpus: Field = ({ task }) => String(task.spec.resources.cpus ?? 1);
/** As Slurm writes it: local time without a zone. */
const time = (at: string | undefined): string =>
  at === undefined ? "Unknown" : new Date(at).toISOString().slice(0, 19);

const elapsed: Field = (seen) => {
  const from = startOf(seen);
  if (from === undefined) return "00:00:00";
  const until = endOf(seen);
  const seconds = Math.max(
    0,
    Math.floor(((until === undefined ? seen.nowMs : Date.parse(until)) - Date.parse(from)) / 1_000),
  );
  const two = (value: number): string => String(value).padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const clock = `${two(Math.floor((seconds % 86_400) / 3_600))}:${two(Math.floor((seconds % 3_600) / 60))}:${two(seconds % 60)}`;
  return days > 0 ? `${days}-${clock}` : clock;
};

/** Exit code, and the signal that ended it. */
const exitCode: Field = (seen) => {
  const attempt = last(seen);
  const code = attempt !== undefined && "exitCode" in attempt ? attempt.exitCode : null;
  return `${code ?? 0}:0`;
};
const jobId: Field = ({ task }) => jobIdOf(task);
const rawId: Field = ({ task }) => String(task.metadata.number);
const state: Field = ({ task }) => slurmStateOf(task)[0];
const user: Field = ({ task }) => task.metadata.createdBy;
const partition: Field = () => "stint";
const reason: Field = (seen) =>
  startOf(seen) === undefined || seen.task.status.state === "queued" ? "(Priority)" : nodeOf(seen);

/** The fields of sacct, by their names in lower case. */
const SACCT: Readonly<Record<string, readonly [title: string, field: Field]>> = {
  jobid: ["JobID", jobId],
  jobidraw: ["JobIDRaw", rawId],
  jobname: ["JobName", name],
  state: ["State", state],
  nodelist: ["NodeList", nodeOf],
  exitcode: ["ExitCode", exitCode],
  elapsed: ["Elapsed", elapsed],
  start: ["Start", (seen) => time(startOf(seen))],
  end: ["End", (seen) => time(endOf(seen))],
  submit: ["Submit", ({ task }) => time(task.metadata.createdAt)],
  user: ["User", user],
  partition: ["Partition", partition],
  account: ["Account", () => ""],
  alloccpus: ["AllocCPUS", cpus],
  ncpus: ["NCPUS", cpus],
  workdir: ["WorkDir", ({ task }) => task.spec.kind.cwd],
};

/** The fields of squeue, by their letters; without a width, as wide as they are. */
const SQUEUE: Readonly<Record<string, readonly [title: string, field: Field]>> = {
  i: ["JOBID", jobId],
  A: ["JOBID", rawId],
  F: ["ARRAY_JOB_ID", ({ task }) => String(task.metadata.group?.id ?? task.metadata.number)],
  K: ["ARRAY_TASK_ID", ({ task }) => task.metadata.group?.values["index"] ?? "N/A"],
  j: ["NAME", name],
  t: ["ST", ({ task }) => slurmStateOf(task)[1]],
  T: ["STATE", state],
  u: ["USER", user],
  P: ["PARTITION", partition],
  M: ["TIME", elapsed],
  N: ["NODELIST", nodeOf],
  R: ["NODELIST(REASON)", reason],
  r: ["REASON", reason],
  D: ["NODES", () => "1"],
  C: ["CPUS", cpus],
  a: ["ACCOUNT", () => ""],
  V: ["SUBMIT_TIME", ({ task }) => time(task.metadata.createdAt)],
  S: ["START_TIME", (seen) => time(startOf(seen))],
  e: ["END_TIME", (seen) => time(endOf(seen))],
  Z: ["WORK_DIR", ({ task }) => task.spec.kind.cwd],
};

interface Column {
  readonly title: string;
  readonly cell: Field;
}

/** The columns of sacct's `-o JobID,State%20`; the name of one that it lacks here. */
export function sacctColumns(list: string): Column[] | string {
  const names = list.split(",").map((one) => one.trim().replace(/%-?\d+$/, ""));
  const missing = names.find((one) => own(SACCT, one.toLowerCase()) === undefined);
  if (missing !== undefined) return missing;
  return names.flatMap((one) => {
    const found = own(SACCT, one.toLowerCase());
    return found === undefined ? [] : [{ title: found[0], cell: found[1] }];
  });
}

/** A line of squeue by its format, `%.18i %t`: a dot aligns to the right. Without a task it is the header. */
export function squeueLine(format: string, seen: Seen | null): string {
  return format.replaceAll(/%\.?\d{0,3}[A-Za-z]/g, (whole) => {
    const [title, field] = own(SQUEUE, whole.slice(-1)) ?? [];
    if (title === undefined || field === undefined) return whole;
    const text = seen === null ? title : field(seen);
    const width = Number(/\d+/.exec(whole)?.[0] ?? text.length);
    const cut = text.slice(0, width);
    return whole.startsWith("%.") ? cut.padStart(width) : cut.padEnd(width);
  });
}
