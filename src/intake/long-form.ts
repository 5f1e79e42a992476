import { err, ok, type Result } from "../lib/result.ts";
import { checkDraft, type Draft, type DraftFault } from "../model/submission.ts";
import { FORMAT_VERSION, metadata } from "../model/task.ts";
import { completedContainer, defaultSpec, isTree, type SubmissionContext, type Tree } from "./candidate.ts";
import { type Fault, fault } from "./fault.ts";
import { FIELDS } from "./fields.ts";
import { unknownKey } from "./mapping.ts";
import {
  camelCase,
  describe,
  type Entry,
  type MappingValue,
  type Span,
  toPlain,
  type Value,
} from "./value.ts";

const SECTIONS = ["formatVersion", "metadata", "spec", "status"];
/** What `stint show --json` adds to a record. */
const ADDED = ["progress", "executionSummary"];
/** Mappings with names of the user's. */
const OPEN = [
  ...Object.keys(FIELDS).filter((key) => FIELDS[key]?.isOpen),
  "inputSpecs",
  "outputSpecs",
  "templates",
];
/** Mappings that may be partial; any other replaces the default as a whole. */
const PARTIAL = ["kind", "retry", "backoff", "logs"];

/** True for a document in the form of a record, as `stint show --json` prints it. */
export function isLongForm(document: MappingValue): boolean {
  return document.entries.some(({ key }) => key === "spec");
}

/** Reads a record, or a spec written by hand, as a new task. Its status and identity are dropped; what it leaves out is the default. */
export function readLongForm(document: MappingValue, context: SubmissionContext): Result<Draft, Fault[]> {
  const entries = document.entries.filter(({ key }) => !ADDED.includes(camelCase(key)));
  const faults = foreignKeys({ ...document, entries }, SECTIONS);
  const sections = new Map(document.entries.map((entry) => [entry.key, entry.value]));
  const own = sections.get("metadata");
  if (own?.type === "mapping") faults.push(...foreignKeys(own, Object.keys(metadata.entries)));
  else if (own !== undefined)
    faults.push(fault(own.span, `"metadata" is ${describe(own)}, wanted a mapping`));
  const version = sections.get("formatVersion");
  if (version?.type === "scalar" && Number(version.data) > FORMAT_VERSION) {
    faults.push(
      fault(
        version.span,
        `the record was written by a newer stint: format ${version.text}, wanted at most ${FORMAT_VERSION}`,
      ),
    );
  }
  const metadataOf = own?.type === "mapping" ? (plain(own) as Tree) : {};
  const { name = context.defaultName, labels = {}, annotations = {} } = metadataOf;
  const given = sections.get("spec");
  const spec = given === undefined ? {} : plain(given);
  // The defaults of the home do not apply: a record is complete.
  const candidate = { name, labels, annotations, spec: isTree(spec) ? completed(spec, context) : spec };
  const checked = checkDraft(candidate);
  if (!checked.ok) faults.push(...checked.error.map((one) => placedFault(one, { document, own, given })));
  return checked.ok && faults.length === 0 ? ok(checked.value) : err(faults);
}

function foreignKeys(mapping: MappingValue, known: readonly string[]): Fault[] {
  return mapping.entries
    .filter(({ key }) => !known.includes(camelCase(key)))
    .map((entry) => unknownKey(entry, known));
}

/** Plain data with camelCase keys, except names of the user's. */
function plain(value: Value): unknown {
  if (value.type === "list") return value.items.map(plain);
  if (value.type === "scalar") return value.data;
  const tree = Object.create(null) as Tree;
  for (const entry of value.entries)
    tree[camelCase(entry.key)] = OPEN.includes(entry.key) ? toPlain(entry.value) : plain(entry.value);
  return tree;
}

function completed(spec: Tree, { defaultCwd }: SubmissionContext): Tree {
  const base = defaultSpec({ defaultCwd });
  const { notify, ...others } = spec;
  // Users write `notify`; records keep the first name of the key.
  const whole: Tree = { ...base, ...others, ...(notify !== undefined && { on: notify }) };
  for (const key of PARTIAL) {
    const [given, standard] = [spec[key], base[key]];
    if (isTree(given) && isTree(standard)) whole[key] = { ...standard, ...given };
  }
  if (isTree(whole["kind"]) && whole["kind"]["type"] === "container")
    whole["kind"] = { mode: { type: "image" }, ...completedContainer(whole["kind"]) };
  if (isTree(whole["kind"]) && isTree(whole["kind"]["mode"]))
    whole["kind"] = { ...whole["kind"], mode: { args: [], ...whole["kind"]["mode"] } };
  return whole;
}

interface Sections {
  readonly document: MappingValue;
  readonly own: Value | undefined;
  readonly given: Value | undefined;
}

/** Locates a fault by following its path as far as the text has it. */
function placedFault({ path, message, isUnknownKey }: DraftFault, { document, own, given }: Sections): Fault {
  const isSpec = path[0] === "spec";
  const root = isSpec ? given : own;
  const rest = isSpec ? path.slice(1) : path;
  const shown = [isSpec ? "spec" : "metadata", ...rest].join(".");
  const { span, entry } = deepest(root, rest, root?.span ?? document.entries[0]?.span ?? document.span);
  if (isUnknownKey) return fault(entry?.span ?? span, `"${shown}" is unknown`);
  return fault(span, `"${shown}": ${message}`);
}

function deepest(
  from: Value | undefined,
  path: readonly string[],
  span: Span,
): { span: Span; entry?: Entry } {
  const [key, ...rest] = path;
  if (key === undefined || from === undefined || from.type === "scalar") return { span };
  if (from.type === "list") {
    const item = from.items[Number(key)];
    return item === undefined ? { span } : deepest(item, rest, item.span);
  }
  const entry = from.entries.find((one) => camelCase(one.key) === key || one.key === key);
  if (entry === undefined) return { span };
  const below = deepest(entry.value, rest, entry.value.span);
  return rest.length === 0 ? { ...below, entry } : below;
}
