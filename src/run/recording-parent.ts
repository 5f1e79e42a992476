import { withoutComments } from "../lib/shell-text.ts";
import type { ProgramInvocation } from "./argument-limits.ts";
import beginText from "./sh/recording-parent.begin.sh" with { type: "text" };
import endText from "./sh/recording-parent.end.sh" with { type: "text" };
import jobText from "./sh/recording-parent.job.sh" with { type: "text" };

const BEGIN = withoutComments(beginText);
const JOB = withoutComments(jobText);
const END = withoutComments(endText);

/** bash says what took the job when a command of this text is over, and not within a text that it evaluates. */
const RECORDING_PARENT = [`eval "$_stint_begin"`, `( eval "$_stint_job" )`, `eval "$_stint_end"`].join("\n");

/** What the recording parent is told. */
export interface RecordingOrder {
  /** Of the attempt; absolute. */
  readonly directory: string;
  /** Octal, of the job; empty leaves the one of the launching program. */
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

/** Arguments that one variable can name, which the kernel limits to 128 KiB. */
const ARGUMENTS_A_VARIABLE = 2_000;

/** The arguments and environment of `/bin/sh` that run a job under its recording parent. */
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
