import * as v from "valibot";

/** `B:USR1@120`: the signal, to the script alone with `B:`, so many seconds before the timeout. */
export const SIGNAL_PATTERN =
  /^(?:([BR]):)?(?:SIG)?(HUP|INT|QUIT|ABRT|USR1|USR2|ALRM|TERM|CONT|STOP|TSTP|URG|XCPU|WINCH|IO|[1-9]\d?)(?:@(\d{1,6}))?$/;
export const MAX_PATTERN_LENGTH = 1_024;

/** A path with the patterns of sbatch(1); see `logFileName`. */
const pattern = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_PATTERN_LENGTH),
  v.check((text) => !text.includes("\0"), "holds a NUL character, which no path has"),
);

/** How a task came from an sbatch script: its job finds Slurm's variables and `srun`. */
export const slurm = v.strictObject({
  /** SLURM_NTASKS; default 1. */
  tasks: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** SLURM_SUBMIT_DIR, absolute; default: the working directory. */
  submitDir: v.optional(v.pipe(v.string(), v.startsWith("/"))),
  /** Links to the log of the latest attempt: of both streams or stdout, and of stderr. */
  output: v.optional(pattern),
  error: v.optional(pattern),
  signal: v.optional(v.pipe(v.string(), v.regex(SIGNAL_PATTERN))),
});

/** The annotation that names what of an sbatch script has no effect here. */
export const IGNORED = "sbatch.ignored";

/** The values of the patterns in the name of a log. */
export interface LogNaming {
  readonly job: number;
  /** The job of its array; absent for a job alone. */
  readonly array?: { readonly job: number; readonly task: string };
  readonly name: string;
  readonly user: string;
  readonly node: string;
}

/** Slurm writes this for `%a` of a job that is in no array. */
const NO_ARRAY_TASK = "4294967294";

/** Writes the values into a name with `%j %J %A %a %x %N %u %n %t %s %%`; digits before the letter pad a number with zeros (`%4a`). */
export function logFileName(of: string, { job, array, name, user, node }: LogNaming): string {
  const values: Readonly<Record<string, string>> = {
    j: String(job),
    J: String(job),
    A: String(array?.job ?? job),
    a: array?.task ?? NO_ARRAY_TASK,
    x: name,
    N: node,
    u: user,
    n: "0",
    t: "0",
    s: "batch",
    "%": "%",
  };
  return of.replaceAll(/%(\d{0,2})([jJAaxNunts%])/g, (_, width: string, letter: string) => {
    const value = values[letter] ?? "";
    return /^\d+$/.test(value) ? value.padStart(Number(width), "0") : value;
  });
}

/** A signal before the timeout. */
export interface EarlySignal {
  /** `SIGUSR1`, or a number. */
  readonly signal: string;
  readonly beforeMs: number;
  /** For the script's own process, not for those that it started. */
  readonly isForScript: boolean;
}

const DEFAULT_SECONDS = 60;

/** Reads `B:USR1@120`; null where the text is no such signal. */
export function earlySignal(text: string): EarlySignal | null {
  const [, to, name = "", seconds = DEFAULT_SECONDS] = SIGNAL_PATTERN.exec(text) ?? [];
  if (name === "") return null;
  return {
    signal: /^\d+$/.test(name) ? name : `SIG${name}`,
    beforeMs: Number(seconds) * 1_000,
    isForScript: to === "B",
  };
}
