import { err, ok, type Result } from "../../lib/result.ts";
import type { Draft } from "../../model/submission.ts";
import { applyFields } from "../apply.ts";
import { newCandidate, type SubmissionContext } from "../candidate.ts";
import type { Fault } from "../fault.ts";
import { type FieldAssignment, fieldAssignments } from "../field-assignments.ts";
import { makeDraft, singleDraft } from "../finish.ts";
import { isInputs, namesOfInputs, sweptEntries } from "../inputs/resolve.ts";
import { fieldNamed } from "../key-names.ts";
import { programName } from "../program-name.ts";
import { taskNameReader } from "../task-readers.ts";
import type { Entry, Span, Value } from "../value.ts";
import { nestedFaults, placeholderFaults } from "./check.ts";
import { describeValues, type Member } from "./member.ts";
import { lookupIn, placeholdersIn } from "./placeholder.ts";
import { charactersIn, Room } from "./room.ts";
import { isSweepKey, readSweep, type Sweep } from "./sweep.ts";
import { type Filled, filledBy, placed, type Template, templateOf } from "./template.ts";

/** The keys of one document, or of one command line. */
export interface Reading {
  readonly entries: readonly Entry[];
  readonly context: SubmissionContext;
  /** The text of the spans; empty for flags. */
  readonly text: string;
  /** The place of faults of the task as a whole. */
  readonly span: Span;
  /** The room that the other documents of the file have left. */
  readonly room?: Room;
}

/** Makes the drafts of a document: one, or all members of its sweep. */
export function draftsOf(reading: Reading): Result<Draft[], Fault[]> {
  const { entries, context, text } = reading;
  const own = entries.filter((entry) => !isSweepKey(entry));
  // Data files are resolved against the folder of the task file, folders of the job are not.
  const readContext = { ...context, defaultCwd: context.dataFolder ?? context.defaultCwd };
  const swept = entries.filter(isSweepKey);
  const inputs = own.filter(isInputs);
  const nested = [
    ...nestedFaults(swept, { text, of: "sweep" }),
    ...nestedFaults(inputs, { text, of: "inputs" }),
  ];
  const sweep = nested.length > 0 ? err(nested) : readSweep(swept, readContext);
  if (!sweep.ok) return err([...sweep.error, ...fieldAssignments(own).faults]);
  const known = [...namesOfInputs(inputs), ...freeNames(context)];
  const unknown = placeholderFaults(own, { sweep: sweep.value, inputs: known, text });
  if (unknown.length > 0) return err([...unknown, ...fieldAssignments(own).faults]);
  const template = templateOf(own, sweep.value !== null);
  if (sweep.value === null) return single(template, reading);
  return members(template, { sweep: sweep.value, reading });
}

/** Inputs of flags, which a command line need not declare. */
function freeNames({ areInputsFree, inputs = [] }: SubmissionContext): string[] {
  return areInputsFree === true ? inputs.map(({ key }) => key) : [];
}

/** A task without a sweep may still contain inputs and `$${{`. */
function single(template: Template, reading: Reading): Result<Draft[], Fault[]> {
  const filled = unswept(template, reading);
  if (!filled.ok) return filled;
  const { candidate } = filled.value;
  // A name that comes from the program has no values of inputs, as a copy may have others.
  const hasInputs = template.inputs.length > 0 || (reading.context.inputs ?? []).length > 0;
  if (hasInputs && nameEntry(template) === undefined) {
    const name = groupName(template, reading);
    if (name.ok) candidate["name"] = name.value;
  }
  return singleDraft(filled.value, { ...reading, candidate });
}

/** The fields of a document that is one task, with its inputs in a candidate. */
export function fieldsOfTask(reading: Reading): Result<Omit<Filled, "values">, Fault[]> {
  const { entries, text } = reading;
  const known = namesOfInputs(entries);
  const faults = [
    ...nestedFaults(entries.filter(isInputs), { text, of: "inputs" }),
    ...placeholderFaults(entries, { sweep: null, inputs: known, text }),
  ];
  return faults.length > 0 ? err(faults) : unswept(templateOf(entries, false), reading);
}

function unswept(template: Template, { context, text }: Reading): Result<Omit<Filled, "values">, Fault[]> {
  const filled = filledBy(() => undefined, { template, context, swept: [] });
  const { constant } = template;
  if (!filled.ok) {
    // The values of other keys are read all the same, for their faults.
    const others = applyFields(newCandidate(context), constant.given, context);
    return err([...filled.error.map((one) => placed(one, text)), ...constant.faults, ...others]);
  }
  const { given, faults, candidate } = filled.value;
  return ok({
    given: [...constant.given, ...given],
    faults: [...constant.faults, ...faults],
    candidate,
  });
}

/** The faults of at most this many members are reported: the others usually have the same. */
const MAX_FAULTY = 5;

function members(
  template: Template,
  { sweep, reading }: { sweep: Sweep; reading: Reading },
): Result<Draft[], Fault[]> {
  const name = groupName(template, reading);
  if (!name.ok) return err([...name.error, ...template.constant.faults]);
  const size = sweep.members.length;
  const { room = new Room() } = reading;
  const constant = template.constant.given.reduce((sum, { entry }) => sum + charactersIn(entry.value), 0);
  const full = room.take(reading.span, { tasks: size, characters: size * constant });
  if (full !== null) return err([full]);
  const drafts: Draft[] = [];
  const faults = new Map<string, Fault>();
  for (const one of template.constant.faults) faults.set(keyOf(one), one);
  let faulty = 0;
  for (const [index, member] of sweep.members.entries()) {
    const draft = memberDraft({
      template,
      sweep,
      reading: { ...reading, room },
      name: name.value,
      member,
      index,
    });
    if (draft.ok) drafts.push(draft.value);
    else {
      for (const one of draft.error) faults.set(keyOf(one), one);
      faulty += 1;
    }
    if (faulty >= MAX_FAULTY) break;
  }
  return faults.size > 0 ? err([...faults.values()]) : ok(drafts);
}

function keyOf({ span, message }: Fault): string {
  return `${span.start} ${message}`;
}

interface MemberMaking {
  readonly template: Template;
  readonly sweep: Sweep;
  readonly reading: Reading & { readonly room: Room };
  readonly name: string;
  readonly member: Member;
  readonly index: number;
}

function memberDraft(making: MemberMaking): Result<Draft, Fault[]> {
  const { template, sweep, reading, name, member, index } = making;
  const size = sweep.members.length;
  const lookup = lookupIn(member, { index: String(index + 1), size: String(size), name });
  const swept = template.inputs.length === 0 ? [] : sweptEntries(member);
  const filled = filledBy(lookup, { template, context: reading.context, swept });
  if (!filled.ok)
    return err(
      filled.error.map((one) => {
        const at = placed(one, reading.text);
        const source = at.span === member.span && member.source !== undefined && { source: member.source };
        return { ...at, message: `${at.message} ${which(member, index)}`, ...source };
      }),
    );
  const { candidate, values, ...own } = filled.value;
  const characters = values.reduce((sum, value) => sum + charactersIn(value), charactersOf(member));
  const full = reading.room.take(reading.span, { tasks: 0, characters });
  if (full !== null) return err([full]);
  const given = [...template.constant.given, ...own.given];
  const draft = makeDraft({
    candidate,
    given: own.given.some(isName) ? given : [...given.filter((one) => !isName(one)), ...nameGiven(making)],
    context: reading.context,
    span: reading.span,
  });
  const faults = [...own.faults, ...(draft.ok ? [] : draft.error)];
  if (!draft.ok || faults.length > 0) {
    const isOurs = ({ span }: Fault): boolean =>
      template.varying.some(
        ({ entry }) => span.start >= entry.value.span.start && span.end <= entry.value.span.end,
      );
    return err(
      faults.map((one) =>
        isOurs(one) ? { ...one, message: `${one.message} ${which(member, index)}` } : one,
      ),
    );
  }
  const group = { name, index: index + 1, size, values: { ...member.values }, ...sweep.limits };
  return ok({ ...draft.value, group });
}

function charactersOf({ values }: Member): number {
  return Object.entries(values).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

function isName({ key }: FieldAssignment): boolean {
  return key === "name";
}

/** Names the member of a fault, and the place of its values. */
function which({ values, source, span }: Member, index: number): string {
  const line =
    source === undefined ? "" : `, ${source.file}:${source.text.slice(0, span.start).split("\n").length}`;
  return `(member ${index + 1}${line}: ${describeValues(values)})`;
}

function nameGiven({ template, reading, name, index }: MemberMaking): readonly FieldAssignment[] {
  const { span } = nameEntry(template)?.value ?? reading;
  const text = `${name}-${index + 1}`;
  const value: Value = { type: "scalar", data: text, text, path: "name", span };
  return fieldAssignments([{ key: "name", span, value }]).given;
}

function nameEntry({ entries }: Template): Entry | undefined {
  return entries.find(
    ({ key, value }) => fieldNamed(key)?.key === "name" && !(value.type === "scalar" && value.data === null),
  );
}

/** The name of the sweep: as written, without its placeholders; else from the program. */
function groupName(template: Template, { context }: Reading): Result<string, Fault[]> {
  const entry = nameEntry(template);
  const written = entry?.value;
  if (written !== undefined && !template.varying.some((one) => one.entry === entry))
    return taskNameReader(written, context);
  const texts =
    written === undefined
      ? template.entries.filter(({ key }) =>
          ["run", "command", "script"].includes(fieldNamed(key)?.key ?? ""),
        )
      : template.entries.filter((one) => one === entry);
  const words = texts.flatMap(({ value }) => wordsOf(value));
  return ok(programName(words, context.defaultName));
}

/** The words of a value without its placeholders; of several lines, the first that is not empty or a comment. */
function wordsOf(value: Value): string[] {
  if (value.type === "list") return value.items.flatMap(wordsOf);
  if (value.type === "mapping") return [];
  let text = value.text;
  for (const { raw } of placeholdersIn(text, true)) text = text.replace(raw, "");
  const line = text.split("\n").find((one) => one.trim() !== "" && !one.trimStart().startsWith("#")) ?? "";
  return line.split(/\s+/);
}
