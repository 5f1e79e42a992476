import * as v from "valibot";
import { shellWord } from "../lib/shell-text.ts";

/** The body of a script in bytes of UTF-8; it is passed as a file, never as an argument. */
export const MAX_SCRIPT_BYTES = 2 * 1_024 * 1_024;

/** The shells, either of which can be the interpreter of tasks that name none. */
export const SHELLS = ["sh", "bash"] as const;
export type Shell = (typeof SHELLS)[number];

export const RUNTIMES = [...SHELLS, "python", "node", "bun"] as const;

const argument = v.pipe(
  v.string(),
  v.check((text) => !text.includes("\0"), "holds a NUL character, which no command line can carry"),
);

/** The interpreter of a script: a known runtime, or any program with the flag before the file. */
const runtime = v.union([
  v.picklist(RUNTIMES),
  v.strictObject({ command: v.pipe(argument, v.minLength(1)), flag: v.optional(argument) }),
]);
export type Runtime = v.InferOutput<typeof runtime>;

const commandMode = v.strictObject({
  type: v.literal("command"),
  command: v.pipe(argument, v.minLength(1)),
  args: v.array(argument),
});
const scriptMode = v.strictObject({
  type: v.literal("script"),
  runtime,
  body: v.pipe(v.string(), v.minLength(1), v.maxBytes(MAX_SCRIPT_BYTES)),
  args: v.array(argument),
  /** The name of the file that it was read from, for people. */
  file: v.optional(v.string()),
});
/** The image's own entrypoint, with these arguments in place of its CMD. */
const imageMode = v.strictObject({ type: v.literal("image"), args: v.array(argument) });

/** What is executed: a program with its arguments, or a script for an interpreter. */
const mode = v.variant("type", [commandMode, scriptMode]);
const containerMode = v.variant("type", [commandMode, scriptMode, imageMode]);
export type Mode = v.InferOutput<typeof mode>;
/** Includes the entrypoint of an image. */
export type AnyMode = v.InferOutput<typeof containerMode>;

const variableName = v.pipe(v.string(), v.regex(/^[^=\0]+$/, "wanted a name without = and NUL"));

/** Values that are masked in all output. */
export const secrets = v.array(v.string());

/** Variables by name. No `v.record`, which drops keys such as `constructor` and `prototype`. */
export const environment = v.custom<Record<string, string>>(
  (data) =>
    typeof data === "object" &&
    data !== null &&
    !Array.isArray(data) &&
    Object.values(data).every((value) => typeof value === "string"),
);

const allowlist = v.strictObject({ policy: v.literal("allowlist"), names: v.array(variableName) });
/** Only a plain PATH; in a container, that of the image. */
const clear = v.strictObject({ policy: v.literal("clear") });

/** The base of a job's environment; the task's own variables are added to it. */
const environmentPolicy = v.variant("policy", [
  /** The submitter's environment, as captured. */
  v.strictObject({ policy: v.literal("inherit") }),
  allowlist,
  clear,
]);
export type EnvironmentPolicy = v.InferOutput<typeof environmentPolicy>;

/** The name of a shell variable, with `*` for any characters. */
export const VARIABLE_PATTERN = /^(?!\*+$)[A-Za-z_*][\w*]*$/;

/** Per source; each pattern is matched against all variables of the submitter. */
export const MAX_VARIABLE_NAMES = 1_000;

/** The source of variables whose values no record holds: a dotenv file, or names in the submitter's environment (`AWS_*` is a pattern). */
const environmentSource = v.union([
  v.strictObject({ file: v.pipe(argument, v.startsWith("/")) }),
  v.strictObject({
    env: v.pipe(
      v.array(v.pipe(v.string(), v.regex(VARIABLE_PATTERN))),
      v.minLength(1),
      v.maxLength(MAX_VARIABLE_NAMES, `holds more than ${MAX_VARIABLE_NAMES} names`),
    ),
  }),
]);
export type EnvironmentSource = v.InferOutput<typeof environmentSource>;

/** The variables of `env` whose values are expanded when a job starts (`model/expansion.ts`); all others are as they stand. */
const expands = v.optional(v.array(variableName));

/** A process on this machine. */
const subprocess = v.strictObject({
  type: v.literal("subprocess"),
  mode,
  /** Absolute. */
  cwd: v.pipe(argument, v.startsWith("/")),
  env: v.record(variableName, argument),
  expands,
  environment: environmentPolicy,
  /** Overridden by `env`; of two sources the later one wins. */
  envFrom: v.optional(v.array(environmentSource)),
  umask: v.optional(v.pipe(v.string(), v.regex(/^0?[0-7]{3}$/))),
  /** If false, any exit code counts as success. */
  failOnNonZero: v.boolean(),
});
export type SubprocessKind = v.InferOutput<typeof subprocess>;

export const ENGINES = ["podman", "docker"] as const;
export type EngineName = (typeof ENGINES)[number];
export const NETWORKS = ["none", "host", "bridge"] as const;
export const PULL_POLICIES = ["missing", "always", "never"] as const;
/** A longer pull is aborted and retried. */
const DEFAULT_PULL_TIMEOUT_MS = 60 * 60_000;

/** Where the attempt's directory and the task's checkpoint are mounted in every container. */
export const RUN_MOUNT = "/stint/run";
export const CHECKPOINT_MOUNT = "/stint/checkpoint";
/** The data sets of a task are mounted below it, by their names. */
export const DATA_MOUNT = "/stint/data";

/** No blanks, and no leading dash, which the engine would parse as a flag. */
const imageName = v.pipe(v.string(), v.regex(/^[^\s\0-][^\s\0]*$/, "wanted the name of an image"));
const absolute = v.pipe(argument, v.startsWith("/"));
/** The engine parses a volume from one text, separated by colons or by commas. */
const mountable = v.pipe(
  absolute,
  v.regex(/^([^:]*|[^,"\n]*)$/, "holds a colon beside a comma or a quote, which no engine accepts"),
);
const mounted = v.pipe(absolute, v.regex(/^[^:]*$/, "holds a colon, which a volume cannot have"));

const containerOptions = v.strictObject({
  image: imageName,
  /** Default: the first that the supervisor finds. */
  engine: v.optional(v.picklist(ENGINES)),
  /** In the container; default: that of the image. */
  workdir: v.optional(absolute),
  user: v.optional(v.pipe(argument, v.minLength(1))),
  volumes: v.array(v.strictObject({ host: mountable, path: mounted, readOnly: v.boolean() })),
  network: v.picklist(NETWORKS),
  pull: v.picklist(PULL_POLICIES),
  pullTimeoutMs: v.pipe(v.number(), v.integer(), v.minValue(1)),
  shmBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Flags that are passed to the engine unchecked. */
  unsafe: v.array(argument),
});
export type ContainerOptions = v.InferOutput<typeof containerOptions>;

/** A process in a container of podman or docker. */
const container = v.strictObject({
  type: v.literal("container"),
  mode: containerMode,
  /** The submitter's working directory, to which relative volumes were resolved. */
  cwd: absolute,
  env: v.record(variableName, argument),
  expands,
  environment: v.variant("policy", [allowlist, clear]),
  /** As for a subprocess. */
  envFrom: v.optional(v.array(environmentSource)),
  failOnNonZero: v.boolean(),
  container: containerOptions,
});
export type ContainerKind = v.InferOutput<typeof container>;

/**
 * What a task runs. What differs between kinds while a job runs is behind the port `daemon/jobs/runners/runner.ts`, and the keys that
 * one kind alone has say so (`intake/keys/`). Beside these only the intake (an image makes a container), the warnings of a submission
 * and the follower of a log ask which kind it is.
 */
export const kind = v.variant("type", [subprocess, container]);
export type Kind = v.InferOutput<typeof kind>;

/** The defaults of a container with nothing but an image. */
export const DEFAULT_CONTAINER = {
  volumes: [],
  network: "bridge",
  pull: "missing",
  pullTimeoutMs: DEFAULT_PULL_TIMEOUT_MS,
  unsafe: [],
} as const satisfies Partial<ContainerOptions>;

/** The container of a kind; null for a subprocess. */
export function containerOf(of: Kind): ContainerOptions | null {
  return of.type === "container" ? of.container : null;
}

/** The command line for tables and logs, quoted for a shell; of a script, its file, else its first line that is not a comment. */
export function describeKind(of: Kind): string {
  const image = containerOf(of)?.image;
  const what = describeMode(of.mode);
  return image === undefined ? what : [`[${image}]`, what].filter(Boolean).join(" ");
}

function describeMode(of: AnyMode): string {
  if (of.type === "script" && of.file !== undefined) return [of.file, ...of.args].map(shellWord).join(" ");
  if (of.type === "script") {
    const lines = of.body.split("\n").map((line) => line.trim());
    return lines.find((line) => line !== "" && !line.startsWith("#")) ?? lines[0] ?? "";
  }
  const words = of.type === "command" ? [of.command, ...of.args] : of.args;
  return words.map(shellWord).join(" ");
}

/** The interpreter of a script in words; null where a program runs without one. */
export function interpreterOf({ mode: of }: Kind): string | null {
  if (of.type !== "script") return null;
  if (typeof of.runtime === "string") return of.runtime;
  const { command, flag } = of.runtime;
  return [command, ...(flag === undefined ? [] : [flag])].map(shellWord).join(" ");
}
