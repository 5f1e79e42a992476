import { stringify } from "yaml";
import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Edit } from "../model/edit.ts";
import type { AnyMode, Kind, Shell } from "../model/kind.ts";
import type { Retry } from "../model/retry.ts";
import type { Spec } from "../model/spec.ts";
import type { Task } from "../model/task.ts";
import { defaultSpec, getAt, newCandidate, type SubmissionContext, setAt, type Tree } from "./candidate.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import { type Fault, fault } from "./fault.ts";
import { FIELDS } from "./fields.ts";
import { makeDraft } from "./finish.ts";
import { formsOf } from "./forms.ts";
import { fieldNamed } from "./key-names.ts";
import { GROUPS } from "./keys/groups.ts";
import { isLongForm, readLongForm } from "./long-form.ts";
import { shebangRuntime } from "./runtime.ts";
import { fieldsOfTask } from "./sweep/expand.ts";
import { fromPlain } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/*
 * A task as a task file has it, and back. Each key is written in a form of which its own reader makes the value of the record, and the whole
 * text is read again: where a record has what no form gives, all of it is written in the form of a record.
 */

/** What of a task a text has. */
type Written = Pick<Task, "spec"> & { readonly metadata: Pick<Task["metadata"], "name" | "labels"> };

/** The keys that a user may change of a task, as YAML. */
export function taskYaml(task: Written, context: SubmissionContext): string {
  const {
    metadata: { labels },
    spec,
  } = task;
  const { after: _fixed, ...editable } = spec;
  const text = stringify(keysOf(task, context), { lineWidth: 0 });
  const read = readTaskYaml(text, task, context);
  const isSame = read.ok && Bun.deepEquals(read.value, { spec, labels }, true);
  return isSame ? text : stringify({ metadata: { labels }, spec: editable }, { lineWidth: 0 });
}

/** Reads such a text again, as an edit of the task; what it leaves out is the default. The parents of the task stay. */
export function readTaskYaml(
  text: string,
  task: Written,
  context: SubmissionContext,
): Result<Edit, Diagnostic[]> {
  const { after, kind } = task.spec;
  const read = draftIn(text, task, { ...context, defaultCwd: kind.cwd });
  if (!read.ok) return err(diagnose({ file: context.file, text }, read.error));
  const { spec, labels } = read.value;
  return ok({ spec: { ...spec, ...(after !== undefined && { after }) }, labels });
}

function draftIn(
  text: string,
  { metadata: { name } }: Written,
  context: SubmissionContext,
): Result<Edit, Fault[]> {
  const documents = readYaml(text);
  if (!documents.ok) return documents;
  const {
    values: [document, ...others],
    faults,
  } = documents.value;
  if (faults.length > 0) return err([...faults]);
  const span = document?.span ?? { start: 0, end: 1 };
  if (document?.type !== "mapping" || others.length > 0)
    return err([fault(others[0]?.span ?? span, "the text is not one mapping, wanted the keys of one task")]);
  if (isLongForm(document)) return readLongForm(document, context);
  const fields = fieldsOfTask({ entries: document.entries, context, text, span });
  if (!fields.ok) return fields;
  const { given, faults: keyFaults } = fields.value;
  const fixed = given.flatMap(({ key, entry }) => {
    const { isFixed, to } = FIELDS[key] ?? {};
    const hint = to?.[0] === "parents" ? "submit it again: stint submit --from ID --after …" : isFixed;
    return hint === undefined ? [] : [fault(entry.span, `"${key}" cannot be changed after submission`, hint)];
  });
  const bare = newCandidate({ defaultCwd: context.defaultCwd });
  const ofInputs = fields.value.candidate["spec"] as Tree;
  const candidate: Tree = { ...bare, name };
  for (const key of ["inputs", "inputSpecs", "templates"]) setAt(candidate, ["spec", key], ofInputs[key]);
  const made = makeDraft({ candidate, given, context, span });
  const all = [...keyFaults, ...fixed, ...(made.ok ? [] : made.error)];
  return made.ok && all.length === 0 ? made : err(all);
}

/** The keys of a task whose values are not the defaults, nested as in a file. */
export function keysOf({ metadata: { labels }, spec }: Written, context: SubmissionContext): Tree {
  const keys: Tree = programKeys(spec.kind, context);
  const base = { labels: {}, spec: defaultsBeside(spec) } as unknown as Tree;
  const record = { labels, spec } as unknown as Tree;
  const told = new Set<string>();
  for (const [key, field] of Object.entries(FIELDS)) {
    const place = field.to.join(".");
    const value = getAt(record, field.to);
    if (value === undefined || told.has(place) || Bun.deepEquals(value, getAt(base, field.to))) continue;
    const form = formsOf(key, field, value).find((one) => {
      const read = field.read(fromPlain(one, key), context);
      return read.ok && Bun.deepEquals(read.value, value);
    });
    // The mapping of this key has the others of its group.
    if (form === undefined || key === "logs") continue;
    told.add(place);
    setAt(keys, pathOf(key), form);
  }
  // The values are those of the record.
  return spec.inputs === undefined ? keys : withInputs(structuredClone(keys), spec);
}

const WAYS = ["run", "command", "script"];

/** Adds the inputs with their declarations, and the texts that they fill as they were written. */
function withInputs(keys: Tree, { inputs = {}, inputSpecs = {}, templates = {} }: Spec): Tree {
  const names = new Set([...Object.keys(inputSpecs), ...Object.keys(inputs)]);
  keys["inputs"] = Object.fromEntries(
    [...names].map((name) => {
      const value = own(inputs as Tree, name);
      const spec = own(inputSpecs, name);
      return [name, spec === undefined ? value : { ...spec, ...(value !== undefined && { default: value }) }];
    }),
  );
  for (const [key, text] of Object.entries(templates)) {
    const named = fieldNamed(key);
    if (WAYS.includes(key)) for (const way of WAYS) delete keys[way];
    const path = named?.child === undefined ? pathOf(key) : [named.key, named.child];
    setAt(keys, path, text);
  }
  return keys;
}

/** What a task has whose file does not say otherwise. */
function defaultsBeside({ kind, retry }: Spec): Tree {
  const standard = defaultSpec({ defaultCwd: "" }, kind.type);
  const { maxAttempts } = standard["retry"] as Retry;
  // A number of retries that is said means those of any failure.
  if (retry.maxAttempts !== maxAttempts) setAt(standard, ["retry", "scope"], "any");
  return standard;
}

function programKeys({ mode, type }: Kind, { defaults }: SubmissionContext): Tree {
  switch (mode.type) {
    case "command":
      return { command: [mode.command, ...mode.args] };
    case "image":
      return mode.args.length === 0 ? {} : { args: mode.args };
    case "script":
      return scriptKeys(mode, (type === "container" ? undefined : defaults?.runtime) ?? "sh");
  }
}

function scriptKeys({ body, runtime, args }: Extract<AnyMode, { type: "script" }>, shell: Shell): Tree {
  if (args.length > 0) return { script: body, runtime, args };
  if (runtime === (shebangRuntime(body) ?? shell)) return { run: body };
  return runtime === "sh" || runtime === "bash" ? { run: body, runtime } : { script: body, runtime };
}

/** `retry.maxAttempts` is a key of `retry`; `container.image` is one of `container`. */
function pathOf(key: string): string[] {
  const group = Object.values(GROUPS).find(({ prefix }) => prefix !== "" && key.startsWith(prefix));
  return group === undefined ? [key] : [group.prefix.slice(0, -1), key.slice(group.prefix.length)];
}
