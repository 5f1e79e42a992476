import { err, ok, type Result } from "../lib/result.ts";
import { type AnyMode, MAX_SCRIPT_BYTES, type Runtime, type Shell } from "../model/kind.ts";
import type { Program } from "./candidate.ts";
import { type Fault, fault } from "./fault.ts";
import type { FieldAssignment } from "./field-assignments.ts";
import { alternatives } from "./readers.ts";
import { shebangRuntime } from "./runtime.ts";
import type { Span } from "./value.ts";

const WAYS = ["run", "command", "script"] as const;

const NOTHING_TO_RUN = `the task has nothing to run, wanted one of ${alternatives(WAYS)}`;

/** The faults of a task without those that follow from a misspelled `run`. */
export function withoutFollowers(keys: readonly Fault[], made: readonly Fault[]): Fault[] {
  const isMeant = keys.some(({ instead }) => WAYS.some((way) => instead?.text === way));
  return [...keys, ...made.filter(({ message }) => !isMeant || message !== NOTHING_TO_RUN)];
}

/** The context of the fields of a program. */
interface Beside {
  readonly given: readonly FieldAssignment[];
  /** The program of a task that is edited. */
  readonly before: AnyMode | undefined;
  /** The place of the fault of a task without a program. */
  readonly span: Span;
  /** The image of a container, which may have a program of its own. */
  readonly image: string | undefined;
  /** The interpreter of a script that names none. */
  readonly shell: Shell;
}

/** Faults of keys that exclude each other, whatever their values. */
export function programClashes(given: readonly FieldAssignment[]): Fault[] {
  const [first, ...others] = given.filter(({ key }) => WAYS.some((way) => way === key));
  const second = others.map(({ key, entry }) =>
    fault(entry.span, `"${key}" and "${first?.key}" exclude each other, wanted one of ${alternatives(WAYS)}`),
  );
  const useless = given.filter(({ key }) => `${key} ${first?.key}` in USELESS);
  return [
    ...second,
    ...useless.map(({ key, entry }) =>
      fault(entry.span, `"${key}" has no effect with "${first?.key}"`, USELESS[`${key} ${first?.key}`]),
    ),
  ];
}

const USELESS: Readonly<Record<string, string>> = {
  "args run": "put the arguments into the line, or use command: or script:",
  "runtime command": "use script: for a text that an interpreter runs",
};

/** Makes the mode of a task from `run`, `command` or `script`, with `args` and `runtime`; there must be no clashes. */
export function modeOf(program: Program, beside: Beside): Result<AnyMode, Fault[]> {
  const { given, before, span, shell } = beside;
  if (program.command !== undefined) {
    const [command = "", ...rest] = program.command;
    return ok({ type: "command", command, args: [...rest, ...(program.args ?? [])] });
  }
  const body = program.run ?? program.script;
  if (body !== undefined)
    return scriptOf(program, {
      body,
      before,
      shell,
      bodySpan: given.find(({ key }) => key === "run" || key === "script")?.entry.value.span ?? span,
    });
  return withoutBody(program, beside);
}

interface Body {
  readonly body: string;
  readonly before: AnyMode | undefined;
  readonly shell: Shell;
  readonly bodySpan: Span;
}

function scriptOf(program: Program, { body, before, shell, bodySpan }: Body): Result<AnyMode, Fault[]> {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_SCRIPT_BYTES) {
    const message = `the script is ${bytes} bytes, wanted at most ${MAX_SCRIPT_BYTES}`;
    return err([fault(bodySpan, message, "put it into a file and run that")]);
  }
  const former = before?.type === "script" ? before : undefined;
  const runtime: Runtime = program.runtime ?? shebangRuntime(body) ?? former?.runtime ?? shell;
  const args = program.args ?? (program.script === undefined ? [] : (former?.args ?? []));
  // An edit that leaves the text leaves the name of its file.
  const file = former?.body === body ? former.file : undefined;
  return ok({ type: "script", runtime, body, args: [...args], ...(file !== undefined && { file }) });
}

/** The mode without a body: enough for an edited task, an image, or the command line of fetch_ml in `args`. */
function withoutBody(program: Program, { given, before, span, image }: Beside): Result<AnyMode, Fault[]> {
  const { args, runtime } = program;
  const runtimeSpan = given.find(({ key }) => key === "runtime")?.entry.span;
  if (runtime !== undefined && before?.type !== "script")
    return err([fault(runtimeSpan ?? span, `"runtime" needs a script, wanted script: as well`)]);
  if (before !== undefined) {
    const changed = { ...before, ...(args !== undefined && { args: [...args] }) };
    return ok(changed.type === "script" && runtime !== undefined ? { ...changed, runtime } : changed);
  }
  if (image !== undefined) return ok({ type: "image", args: [...(args ?? [])] });
  const line = given.find(({ key, entry }) => key === "args" && entry.value.type === "scalar");
  const [command, ...rest] = args ?? [];
  if (line !== undefined && command !== undefined) return ok({ type: "command", command, args: rest });
  return err([fault(span, NOTHING_TO_RUN, "write run: COMMAND")]);
}
