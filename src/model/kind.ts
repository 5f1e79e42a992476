import * as v from "valibot";

/** A script's body in bytes of UTF-8; it goes to a file, never into an argument. */
export const MAX_SCRIPT_BYTES = 2 * 1_024 * 1_024;

export const RUNTIMES = ["sh", "bash", "python", "node", "bun"] as const;

const argument = v.pipe(
  v.string(),
  v.check((text) => !text.includes("\0"), "holds a NUL character, which no command line can carry"),
);

/** What interprets a script: a known runtime, or any program with the flag that takes a file. */
const runtime = v.union([
  v.picklist(RUNTIMES),
  v.strictObject({ command: v.pipe(argument, v.minLength(1)), flag: v.optional(argument) }),
]);
export type Runtime = v.InferOutput<typeof runtime>;

/** How the process is made: a program with its arguments, or a script for an interpreter. */
const mode = v.variant("type", [
  v.strictObject({
    type: v.literal("command"),
    command: v.pipe(argument, v.minLength(1)),
    args: v.array(argument),
  }),
  v.strictObject({
    type: v.literal("script"),
    runtime,
    body: v.pipe(v.string(), v.minLength(1), v.maxBytes(MAX_SCRIPT_BYTES)),
    args: v.array(argument),
  }),
]);
export type Mode = v.InferOutput<typeof mode>;

const variableName = v.pipe(v.string(), v.regex(/^[^=\0]+$/, "wanted a name without = and NUL"));

/** Variables by name; unlike a `v.record`, which drops what is called `constructor` or `prototype`, all of them. */
export const environment = v.custom<Record<string, string>>(
  (data) =>
    typeof data === "object" &&
    data !== null &&
    !Array.isArray(data) &&
    Object.values(data).every((value) => typeof value === "string"),
);

/** What a job's environment starts from; the task's own variables come on top. */
const environmentPolicy = v.variant("policy", [
  /** The submitter's environment as it was captured. */
  v.strictObject({ policy: v.literal("inherit") }),
  v.strictObject({ policy: v.literal("allowlist"), names: v.array(variableName) }),
  /** Nothing but a plain PATH. */
  v.strictObject({ policy: v.literal("clear") }),
]);
export type EnvironmentPolicy = v.InferOutput<typeof environmentPolicy>;

/** The name of a variable that a shell can set, with `*` for any signs. */
export const VARIABLE_PATTERN = /^(?!\*+$)[A-Za-z_*][\w*]*$/;

/** Where variables come from whose values no record holds: a dotenv file, or the submitter by name (`AWS_*` is a pattern). */
const environmentSource = v.union([
  v.strictObject({ file: v.pipe(argument, v.startsWith("/")) }),
  v.strictObject({ env: v.pipe(v.array(v.pipe(v.string(), v.regex(VARIABLE_PATTERN))), v.minLength(1)) }),
]);
export type EnvironmentSource = v.InferOutput<typeof environmentSource>;

/** A process on this machine. */
const subprocess = v.strictObject({
  type: v.literal("subprocess"),
  mode,
  /** Absolute. */
  cwd: v.pipe(argument, v.startsWith("/")),
  env: v.record(variableName, argument),
  environment: environmentPolicy,
  /** Under `env`; of two the later one wins. */
  envFrom: v.optional(v.array(environmentSource)),
  umask: v.optional(v.pipe(v.string(), v.regex(/^0?[0-7]{3}$/))),
  /** False takes any exit code for success. */
  failOnNonZero: v.boolean(),
});

/** What a task runs; the kind declares its needs, shared code does not ask which one it is. */
export const kind = v.variant("type", [subprocess]);
export type Kind = v.InferOutput<typeof kind>;

/** The command as a person would type it, for tables and logs; a script shows its first line that does something. */
export function describeKind(of: Kind): string {
  if (of.mode.type === "script") {
    const lines = of.mode.body.split("\n").map((line) => line.trim());
    return lines.find((line) => line !== "" && !line.startsWith("#")) ?? lines[0] ?? "";
  }
  return [of.mode.command, ...of.mode.args].map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
