import { own } from "../../lib/own.ts";
import { earlySignal } from "../../model/slurm.ts";
import {
  dependencyFromSlurm,
  durationFromSlurm,
  gpuCountFromSlurm,
  gresFromSlurm,
  kibibytesFromSlurm,
} from "./values.ts";

/** An option of sbatch(1). */
export interface SlurmOption {
  /** One letter. */
  readonly short?: string;
  /** Whether a value follows; "maybe" only after `=`. Absent for a switch. */
  readonly value?: "always" | "maybe";
  /** What becomes of it: keys of the task, nothing although it says something, or nothing as there is nothing to say. */
  readonly use: "keys" | "ignored" | "nothing";
  /** What a fault says after "wanted". */
  readonly wanted?: string;
  /** Why a value is refused, where what is wanted does not tell it. */
  readonly because?: string;
  readonly isValid?: (text: string) => boolean;
  readonly hint?: string;
}

const always = "always" as const;
const keys = "keys" as const;

function count(least: 0 | 1, short?: string): SlurmOption {
  return {
    ...(short !== undefined && { short }),
    value: always,
    use: keys,
    wanted: `a whole number, at least ${least}`,
    isValid: (text) => /^\d{1,9}$/.test(text) && Number(text) >= least,
  };
}

const SIZE: SlurmOption = {
  value: always,
  use: keys,
  wanted: "megabytes, or a size such as 8G",
  isValid: (text) => kibibytesFromSlurm(text) !== null,
};

const GPUS: SlurmOption = {
  value: always,
  use: keys,
  wanted: "N or MODEL:N",
  isValid: (text) => gpuCountFromSlurm(text) !== null,
};

/** It changes what is run: to leave it out would run something else. */
function refused(instead: string, value?: "always" | "maybe"): SlurmOption {
  return { ...(value !== undefined && { value }), use: keys, isValid: () => false, hint: instead };
}

const KEPT: Readonly<Record<string, SlurmOption>> = {
  time: {
    short: "t",
    value: always,
    use: keys,
    wanted: "minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S",
    isValid: (text) => durationFromSlurm(text) !== null,
  },
  nodes: {
    short: "N",
    value: always,
    use: keys,
    wanted: "1",
    because: "stint runs on one machine only",
    isValid: (text) => /^[01](-\d+)?(:\d+)?$/.test(text),
    hint: "for several nodes submit it to Slurm: sbatch FILE; on this machine alone: stint submit --nodes 1 FILE",
  },
  "job-name": { short: "J", value: always, use: keys },
  "cpus-per-task": count(1, "c"),
  "cpus-per-gpu": count(1),
  ntasks: count(1, "n"),
  "ntasks-per-node": count(1),
  mem: SIZE,
  "mem-per-cpu": SIZE,
  "mem-per-gpu": SIZE,
  gres: {
    value: always,
    use: keys,
    wanted: "gpu:N or gpu:MODEL:N",
    isValid: (text) => gresFromSlurm(text) !== null,
  },
  gpus: { ...GPUS, short: "G" },
  "gpus-per-node": GPUS,
  "gpus-per-task": GPUS,
  array: { short: "a", value: always, use: keys },
  output: { short: "o", value: always, use: keys },
  error: { short: "e", value: always, use: keys },
  dependency: {
    short: "d",
    value: always,
    use: keys,
    wanted: "tasks, or afterok:ID, afterany:ID, afternotok:ID or singleton, with commas between them",
    isValid: (text) => dependencyFromSlurm(text) !== null,
  },
  "kill-on-invalid-dep": {
    value: always,
    use: keys,
    wanted: "yes or no",
    isValid: (text) => /^(yes|no)$/i.test(text),
  },
  begin: { short: "b", value: always, use: keys },
  export: { value: always, use: keys },
  chdir: { short: "D", value: always, use: keys },
  workdir: { value: always, use: keys },
  signal: {
    value: always,
    use: keys,
    wanted: "[B:]SIGNAL[@SECONDS]",
    isValid: (text) => earlySignal(text.toUpperCase()) !== null,
  },
  comment: { value: always, use: keys },
  hold: { short: "H", use: keys },
  requeue: { use: keys },
  "no-requeue": { use: keys },
  nice: { value: "maybe", use: keys },
  "mail-type": { value: always, use: "ignored" },
  "mail-user": { value: always, use: "ignored" },
  wrap: refused("on the command line: stint submit --wrap COMMAND", always),
  "test-only": refused("on the command line: stint submit --dry-run FILE"),
  input: {
    ...refused("a job gets no stdin; redirect it in the script: COMMAND < FILE", always),
    short: "i",
    isValid: (text) => text === "/dev/null" || text === "none",
  },
  container: refused("name an image: #STINT image: NAME", always),
  uid: refused("submit it as that user", always),
  gid: refused("submit it as that user", always),
};

/** Options of the site, of several nodes, or of hardware that stint does not place by. */
const IGNORED_WITH_VALUE: Readonly<Record<string, string>> = {
  partition: "p",
  account: "A",
  qos: "q",
  constraint: "C",
  nodelist: "w",
  exclude: "x",
  clusters: "M",
  licenses: "L",
  distribution: "m",
  "core-spec": "S",
  nodefile: "F",
  "extra-node-info": "B",
  ...Object.fromEntries(
    (
      "acctg-freq batch bb bbf cluster-constraint cores-per-socket cpu-freq deadline delay-boot export-file " +
      "gpu-bind gpu-freq gpus-per-socket gres-flags hint mcs-label mem-bind mincpus network ntasks-per-core " +
      "ntasks-per-gpu ntasks-per-socket power prefer priority profile reservation sockets-per-node switches " +
      "thread-spec threads-per-core time-min tmp tres-bind tres-per-task wait-all-nodes wckey"
    )
      .split(" ")
      .map((name) => [name, ""]),
  ),
};

const IGNORED_MAYBE = { exclusive: "", "get-user-env": "", propagate: "", "no-kill": "k" };
const IGNORED_SWITCHES = {
  contiguous: "",
  overcommit: "O",
  oversubscribe: "s",
  reboot: "",
  "spread-job": "",
};
/** About sbatch itself, or what stint does anyway. */
const NEEDLESS_SWITCHES = {
  parsable: "",
  quiet: "Q",
  verbose: "v",
  wait: "W",
  "use-min-nodes": "",
  "ignore-pbs": "",
};

function all(
  names: Readonly<Record<string, string>>,
  option: SlurmOption,
): Readonly<Record<string, SlurmOption>> {
  return Object.fromEntries(
    Object.entries(names).map(([name, short]) => [name, short === "" ? option : { ...option, short }]),
  );
}

/** Every option of sbatch(1), by its long name. */
export const OPTIONS: Readonly<Record<string, SlurmOption>> = {
  ...KEPT,
  ...all(IGNORED_WITH_VALUE, { value: always, use: "ignored" }),
  ...all(IGNORED_MAYBE, { value: "maybe", use: "ignored" }),
  ...all(IGNORED_SWITCHES, { use: "ignored" }),
  ...all(NEEDLESS_SWITCHES, { use: "nothing" }),
  // The link goes to the log of the latest attempt.
  "open-mode": {
    value: always,
    use: "nothing",
    wanted: "append or truncate",
    isValid: (text) => /^(append|truncate)$/.test(text),
  },
};

/** The name of an option from a name as typed, which may be cut where it stays unique; null where there is none. */
export function optionNamed(typed: string): string | null {
  if (own(OPTIONS, typed) !== undefined) return typed;
  const [only, ...others] = Object.keys(OPTIONS).filter((name) => name.startsWith(typed));
  return only !== undefined && others.length === 0 && typed.length > 1 ? only : null;
}

/** The name of an option from its letter. */
export function optionOfLetter(letter: string): string | null {
  return Object.keys(OPTIONS).find((name) => OPTIONS[name]?.short === letter) ?? null;
}
