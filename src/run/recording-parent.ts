import { withoutComments } from "../lib/shell-text.ts";
import type { ProgramInvocation } from "./argument-limits.ts";
import beginText from "./sh/recording-parent.begin.sh" with { type: "text" };
import endText from "./sh/recording-parent.end.sh" with { type: "text" };
import jobText from "./sh/recording-parent.job.sh" with { type: "text" };

/*
 * The recording parent is a small shell above each job: what containerd calls a shim. It records the start and the end of the job without
 * stint being alive, so that a supervisor can be stopped, updated or killed while jobs run. The scripts are sh/recording-parent.*.sh.
 *
 * Order of effects:
 * 1. It makes `start` in the attempt's folder with O_EXCL, and writes its pid, start time, boot and control group. The process that makes
 *    this file decides: a recovery that wants to forbid a late start makes it first (`seizeStart`), and then the parent runs nothing and
 *    kills itself with SIGUSR1.
 * 2. It forks. The child appends the job's own identity to `start`, joins the control group and executes the job, under setsid(1).
 * 3. It waits for the job. Signals to the parent do not end it; it remembers a TERM.
 * 4. It writes `exit.json` with the job's status, whether a signal killed the job, whether the parent got a TERM, and the token, and exits
 *    with the job's code.
 *
 * Invariants: an attempt starts at most once; the result is that of this attempt, as the token says; the job cannot change the result,
 * which counts only once the parent is dead; the job's output, environment and umask are untouched by the parent.
 *
 * A crash of the machine or a kill of the parent before 1 leaves no start, and the attempt goes back to the queue. Between 1 and 4 it
 * leaves a start without a result: what still runs of the job is found by session, control group, descent and token, and the attempt ends
 * as lost. A full disk in step 4 is waited for.
 */

const BEGIN = withoutComments(beginText);
const JOB = withoutComments(jobText);
const END = withoutComments(endText);

/** Three commands, not one: bash reports the signal that killed the job only between commands of the outer text. */
const RECORDING_PARENT = [`eval "$_stint_begin"`, `( eval "$_stint_job" )`, `eval "$_stint_end"`].join("\n");

/** The input of the recording parent. */
export interface RecordingOrder {
  /** Of the attempt; absolute. */
  readonly directory: string;
  /** Octal, of the job; empty keeps that of the launching program. */
  readonly umask: string;
  readonly bootId: string;
  /** Of the attempt; ties the result to it. */
  readonly token: string;
  /** The control group that the job joins; empty for none. */
  readonly group: string;
  /** The job's program and arguments; the program must not begin with `-`. */
  readonly argv: readonly string[];
  /** Of the job. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Arguments named by one variable, which the kernel limits to 128 KiB. */
const ARGUMENTS_A_VARIABLE = 2_000;

/** The arguments and environment of `/bin/sh` that run a job under its recording parent. All input is in variables; see the script. */
export function recordingInvocation(order: RecordingOrder): ProgramInvocation {
  const { directory, umask, bootId, token, group, argv, environment } = order;
  const words = [directory, umask, bootId, token, group, ...argv];
  const names = words.map((_, index) => `_stint_${index}`);
  const variables: Record<string, string> = { ...environment };
  for (const [index, name] of names.entries()) variables[name] = words[index] ?? "";
  const texts: string[] = [];
  for (let first = 0; first < names.length; first += ARGUMENTS_A_VARIABLE) {
    const some = names.slice(first, first + ARGUMENTS_A_VARIABLE);
    const text = `_stint_words_${first}`;
    variables[text] =
      `set -- "$@" ${some.map((name) => `"$${name}"`).join(" ")}\nunset ${some.join(" ")} ${text}`;
    texts.push(`eval "$${text}"`);
  }
  const begin = [...texts, BEGIN].join("\n");
  Object.assign(variables, { _stint_begin: begin, _stint_job: JOB, _stint_end: END });
  return { argv: ["/bin/sh", "-c", RECORDING_PARENT], environment: variables };
}
