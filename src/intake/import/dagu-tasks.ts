import { err, ok, type Result } from "../../lib/result.ts";
import { nameFrom } from "../../model/identity.ts";
import { type Fault, fault } from "../fault.ts";
import { type MappingValue, NOWHERE, type Value } from "../value.ts";
import { noCounterpart, valueAt } from "./dagu-keys.ts";
import { type DaguContext, type DaguStep, stepOf } from "./dagu-step.ts";
import { uniqueName } from "./imported.ts";

/** The keys of a task. */
export type TaskKeys = Readonly<Record<string, unknown>>;

interface Tasks {
  readonly tasks: readonly TaskKeys[];
  readonly notes: readonly string[];
}

/** A task for each step and for what follows all of them, in the order of the file. */
export function daguTasks(dag: MappingValue, context: DaguContext): Result<Tasks, Fault[]> {
  const faults: Fault[] = [];
  const read = stepsIn(valueAt(dag, "steps")).map((step) =>
    step.type === "mapping"
      ? stepOf(step, context)
      : err([
          fault(
            step.span,
            "the steps of a list in the list run beside each other, which has no counterpart",
            "write depends:",
          ),
        ]),
  );
  for (const one of read) if (!one.ok) faults.push(...one.error);
  const handlers = handlersOf(valueAt(dag, "handlerOn"), context);
  if (!handlers.ok) faults.push(...handlers.error);
  const type = valueAt(dag, "type");
  const order = type?.type === "scalar" ? type.text : "";
  if (type !== undefined && order !== "graph" && order !== "chain")
    faults.push(fault(type.span, `"type" is "${order}", wanted graph or chain`));
  const steps = read.flatMap((one) => (one.ok ? [one.value] : []));
  if (faults.length > 0 || !handlers.ok) return err(faults);
  const isGuess = order === "" && steps.length > 1 && steps.every(({ depends }) => depends === null);
  const isChain = order === "chain" || isGuess;
  const taken = new Set<string>();
  const named = steps.map((step, index) => ({
    step,
    name: uniqueName(nameFrom(step.names[0] ?? `step-${index + 1}`), taken),
  }));
  const tasks = named.map(({ step, name }, index) => {
    const before = isChain && step.depends === null ? named.slice(Math.max(0, index - 1), index) : [];
    return { name, ...step.keys, ...parentsOf(step, { named, before, faults }), ...handlers.value.failure };
  });
  if (faults.length > 0) return err(faults);
  const names = named.map(({ name }) => name);
  const ends = handlers.value.ends.map(({ when, keys }) => ({
    name: uniqueName(when === "success" ? "on-success" : "on-exit", taken),
    ...keys,
    ...(when === "success" ? { after: names, onParentFailure: "cancel" } : { afterAny: names }),
  }));
  const isBare = Object.keys(handlers.value.failure).length > 0 && context.variables.size > 0;
  const notes = [
    ...(isBare ? ["the command of handlerOn.failure does not get the variables of the DAG"] : []),
    ...(isGuess
      ? [
          "no step has depends: they run in this order, as with type: chain; without after they run beside each other",
        ]
      : []),
  ];
  return ok({ tasks: [...tasks, ...ends], notes });
}

/** Steps as mappings: dagu also takes a mapping by name, and a text as a command. */
function stepsIn(value: Value | undefined): Value[] {
  if (value === undefined) return [];
  const named = (step: Value, key: string, text: string): Value => {
    const entry = {
      key,
      span: NOWHERE,
      value: { type: "scalar", path: key, span: step.span, data: text, text },
    } as const;
    return step.type === "mapping"
      ? { ...step, entries: [entry, ...step.entries.filter((one) => one.key !== key)] }
      : { type: "mapping", path: step.path, span: step.span, entries: [entry] };
  };
  if (value.type === "mapping") return value.entries.map(({ key, value: step }) => named(step, "name", key));
  if (value.type === "scalar") return [];
  return value.items.map((step) => (step.type === "scalar" ? named(step, "command", step.text) : step));
}

interface Named {
  readonly step: DaguStep;
  readonly name: string;
}

/** What a step waits for: a step that goes on after a failure may end in any way. */
function parentsOf(
  { depends }: DaguStep,
  {
    named,
    before,
    faults,
  }: { readonly named: readonly Named[]; readonly before: readonly Named[]; readonly faults: Fault[] },
): TaskKeys {
  const parents = (depends ?? []).flatMap((at) => {
    const found = named.find(({ step }) => step.names.includes(at.text));
    if (found === undefined)
      faults.push(fault(at.span, `"depends" is "${at.text}", wanted the name of a step`));
    return found ?? [];
  });
  const all = [...parents, ...before];
  const after = all.filter(({ step }) => !step.goesOn).map(({ name }) => name);
  const afterAny = all.filter(({ step }) => step.goesOn).map(({ name }) => name);
  return {
    ...(after.length > 0 && { after, onParentFailure: "cancel" }),
    ...(afterAny.length > 0 && { afterAny }),
  };
}

interface Handlers {
  /** For each task. */
  readonly failure: TaskKeys;
  readonly ends: readonly { readonly when: "success" | "exit"; readonly keys: TaskKeys }[];
}

function handlersOf(value: Value | undefined, context: DaguContext): Result<Handlers, Fault[]> {
  if (value?.type !== "mapping") return ok({ failure: {}, ends: [] });
  const faults: Fault[] = [];
  let failure: TaskKeys = {};
  const ends: { when: "success" | "exit"; keys: TaskKeys }[] = [];
  for (const entry of value.entries) {
    if (!/^(?:failure|success|exit)$/.test(entry.key) || entry.value.type !== "mapping") {
      faults.push(noCounterpart({ ...entry, key: `handlerOn.${entry.key}` }));
      continue;
    }
    const read = stepOf(entry.value, context);
    if (!read.ok) faults.push(...read.error);
    else if (entry.key === "failure") failure = noticeOf(read.value.keys);
    else ends.push({ when: entry.key === "success" ? "success" : "exit", keys: read.value.keys });
  }
  return faults.length > 0 ? err(faults) : ok({ failure, ends });
}

/** A command that is told of each failure. */
function noticeOf({ run, script, command }: TaskKeys): TaskKeys {
  return { notify: { failure: { command: run ?? script ?? command } } };
}
