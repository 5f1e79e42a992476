import { basename } from "node:path";
import { err, ok, type Result } from "../../lib/result.ts";
import { RUNTIMES } from "../../model/kind.ts";
import { type Fault, fault } from "../fault.ts";
import type { MappingValue, Value } from "../value.ts";
import { splitWords } from "../words.ts";
import { SUB_DAG, valueAt } from "./dagu-keys.ts";
import { foreignReference, textsIn } from "./dagu-values.ts";

type Keys = Readonly<Record<string, unknown>>;

/** The keys of what a step or a handler runs. */
export const PROGRAM_KEYS = ["command", "args", "script", "run", "shell", "with"];

interface Around {
  /** Of the DAG. */
  readonly shell: Value | undefined;
  /** Of the DAG's parameters. */
  readonly positional: readonly string[];
}

/** What a step runs, as keys of a task: `run`, `command` or `script`, with `runtime` and `args`. */
export function programOf(step: MappingValue, around: Around): Result<Keys, Fault[]> {
  const [command, script, run] = [valueAt(step, "command"), valueAt(step, "script"), valueAt(step, "run")];
  const main = script ?? run ?? command;
  if (main === undefined)
    return err([fault(step.span, "the step runs nothing, wanted command, script or run")]);
  const foreign = [command, script, run, valueAt(step, "args")].flatMap((value) =>
    value === undefined ? [] : (textsIn(value) ?? []).flatMap((one) => foreignReference(one.text, one) ?? []),
  );
  if (foreign.length > 0) return err(foreign);
  if (run !== undefined && isSubDag(run, step))
    return err([fault(run.span, `"run" names another DAG, which has no counterpart in stint`, SUB_DAG)]);
  const shellKeys = valueAt(step, "with");
  const shell =
    valueAt(step, "shell") ?? (shellKeys?.type === "mapping" ? valueAt(shellKeys, "shell") : undefined);
  const runtime = runtimeOf((script === undefined ? undefined : command) ?? shell ?? around.shell);
  if (!runtime.ok) return err([runtime.error]);
  const made = script === undefined ? lineOf(main, step) : textOf(script);
  if (!made.ok) return made;
  if ("command" in made.value) return made;
  const { line } = made.value;
  const isParametric = around.positional.length > 0 && /\$\{?[1-9@*#]/.test(line);
  return ok({
    ...(isParametric ? { script: line } : { run: line }),
    ...runtime.value,
    ...(isParametric && { args: around.positional }),
  });
}

function isSubDag(run: Value, step: MappingValue): boolean {
  return run.type === "scalar" && (valueAt(step, "params") !== undefined || /^\S+\.ya?ml$/.test(run.text));
}

type Line = { readonly line: string } | { readonly command: readonly string[] };

function textOf(value: Value): Result<Line, Fault[]> {
  return value.type === "scalar"
    ? ok({ line: value.text })
    : err([fault(value.span, `"${value.path}" is a ${value.type}, wanted a text`)]);
}

/** A command is a line of a shell, a list of such lines, or a program with its arguments, which begins with a single word. */
function lineOf(main: Value, step: MappingValue): Result<Line, Fault[]> {
  const texts = textsIn(main);
  const args = valueAt(step, "args");
  const more = args === undefined ? [] : textsIn(args);
  if (texts === null || more === null)
    return err([fault(main.span, `"${main.path}" is not a text or a list of texts`)]);
  const words = more.map(({ text }) => text);
  if (main.type === "scalar") return ok({ line: [main.text, ...words.map(inShell)].join(" ") });
  const isOfLines = main.path.endsWith("run") || /\s/.test(texts[0]?.text.trim() ?? "");
  if (isOfLines) return ok({ line: ["set -e", ...texts.map(({ text }) => text), ...words].join("\n") });
  const [first, ...others] = [...texts.map(({ text }) => text), ...words];
  return [first, ...others].some((word) => word?.includes("$") === true)
    ? ok({ line: [first ?? "", ...others.map(inShell)].join(" ") })
    : ok({ command: [first ?? "", ...others] });
}

/** A word in quotes in which the shell still expands variables, as dagu does. */
function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll(/["\\`]/g, "\\$&")}"`;
}

/** `bash`, `/bin/bash -e`, `python3`: the interpreter of a text. */
function runtimeOf(shell: Value | undefined): Result<Keys, Fault> {
  if (shell === undefined) return ok({});
  const texts = textsIn(shell) ?? [];
  const split = splitWords(texts.map(({ text }) => text).join(" "));
  const [program = "", ...flags] = split.ok ? split.value : [];
  if (program === "" || flags.length > 1)
    return err(fault(shell.span, `"${shell.path}" has more than one flag, wanted a program and at most one`));
  const name = basename(program).replace(/^python3$/, "python");
  if (flags.length === 0 && RUNTIMES.some((known) => known === name)) return ok({ runtime: name });
  return ok({ runtime: { command: program, ...(flags[0] !== undefined && { flag: flags[0] }) } });
}
