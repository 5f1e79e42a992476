import { isAlias, isMap, isPair, isScalar, isSeq, type Node } from "yaml";
import { err, ok, type Result } from "../lib/result.ts";
import { type Fault, fault, insteadOf } from "./fault.ts";
import { continuationFault } from "./slips/continuation.ts";
import { type Entry, NOWHERE, type Span, type Value } from "./value.ts";

/** No valid task is nested deeper. */
const MAX_DEPTH = 32;
/** Values that aliases may repeat in a file: a few anchors used by many fields, but no bomb (10 nested anchors of 10 are 10^10). */
const MAX_REPEATED = 10_000;
/** The characters of these values: each is read separately. */
const MAX_REPEATED_CHARACTERS = 1_000_000;
/** The limit of YAML for a key on one line. */
const MAX_KEY_LENGTH = 1_024;

/** How much the aliases of a file may still repeat. */
export interface Budget {
  repeated: number;
  characters: number;
}

/** What the documents of a file share. */
interface Shared {
  readonly budget: Budget;
  /** The text of each anchor of the documents read so far; is added to. */
  readonly anchors: Map<string, string>;
  readonly text: string;
}

/** The budget of a whole file. */
export function newBudget(): Budget {
  return { repeated: MAX_REPEATED, characters: MAX_REPEATED_CHARACTERS };
}

interface Walk {
  readonly anchors: Map<string, Node>;
  /** Anchors whose values are being read: an alias to one of them would be endless. */
  readonly open: Set<string>;
  readonly faults: Fault[];
  readonly budget: Budget;
  /** Those of earlier documents, as they are written there. */
  readonly earlier: ReadonlyMap<string, string>;
  readonly text: string;
}

interface Position {
  readonly path: string;
  readonly depth: number;
  /** The place of a missing value. */
  readonly span: Span;
  readonly isRepeated: boolean;
}

/** Converts the contents of a document to values with spans; aliases and merge keys (`<<`) are resolved, duplicate keys refused. */
export function documentValue(contents: unknown, { budget, anchors, text }: Shared): Result<Value, Fault[]> {
  const walk: Walk = { anchors: new Map(), open: new Set(), faults: [], budget, earlier: anchors, text };
  const value = valueOf(contents, walk, { path: "", depth: 0, span: NOWHERE, isRepeated: false });
  for (const [name, node] of walk.anchors) {
    const { start, end } = spanOf(node) ?? NOWHERE;
    anchors.set(name, `&${name} ${text.slice(start, Math.min(end, start + MAX_KEY_LENGTH))}`);
  }
  return walk.faults.length === 0 ? ok(value) : err(walk.faults);
}

function valueOf(node: unknown, walk: Walk, at: Position): Value {
  const span = spanOf(node) ?? at.span;
  const nothing: Value = { type: "scalar", data: null, text: "", path: at.path, span };
  if (at.isRepeated) {
    walk.budget.repeated -= 1;
    if (isScalar(node)) walk.budget.characters -= node.source?.length ?? 0;
    if (isExhausted(walk)) return nothing;
  }
  if (at.depth > MAX_DEPTH) {
    walk.faults.push(fault(span, `the document is nested too deeply, wanted at most ${MAX_DEPTH} levels`));
    return nothing;
  }
  if (isAlias(node)) return aliased(node.source, walk, { ...at, span });
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return nothing;
  const { anchor } = node;
  // YAML drops the sign in silence: `! grep x` would succeed where it is meant to fail, and `&> log x` run another command.
  if (node.tag === "!" || !/^\w[\w.-]*$/.test(anchor ?? "a"))
    walk.faults.push({ ...fault(span, "the value begins with a sign of YAML"), mayBeSlip: true });
  if (anchor !== undefined) {
    walk.anchors.set(anchor, node);
    walk.open.add(anchor);
  }
  const value = plainValue(node, walk, { ...at, span });
  if (anchor !== undefined) walk.open.delete(anchor);
  return value;
}

function plainValue(node: Node, walk: Walk, at: Position): Value {
  const { path, span } = at;
  if (isSeq(node)) {
    const items = node.items.map((item, index) =>
      valueOf(item, walk, { ...at, path: `${path}[${index}]`, depth: at.depth + 1 }),
    );
    return { type: "list", items, path, span };
  }
  if (isMap(node)) return { type: "mapping", entries: entriesOf(node.items, walk, at), path, span };
  if (!isScalar(node)) return { type: "scalar", data: null, text: "", path, span };
  const continued = continuationFault(node, { text: walk.text, path, span });
  if (continued !== null && !at.isRepeated) walk.faults.push(continued);
  const { value, source, type } = node;
  if (typeof value === "string") return { type: "scalar", data: value, text: value, path, span };
  const data = typeof value === "number" || typeof value === "boolean" ? value : null;
  const isPlain = type === "PLAIN" || data === null;
  return { type: "scalar", data, text: isPlain ? (source ?? "") : String(data), path, span };
}

function aliased(name: string, walk: Walk, at: Position): Value {
  const nothing: Value = { type: "scalar", data: null, text: "null", path: at.path, span: at.span };
  const target = walk.anchors.get(name);
  if (target === undefined || walk.open.has(name)) {
    walk.faults.push(unresolved(name, walk, at.span));
    return nothing;
  }
  const wasExhausted = isExhausted(walk);
  const value = valueOf(target, walk, { ...at, depth: at.depth + 1, isRepeated: true });
  if (!isExhausted(walk)) return value;
  if (!wasExhausted) {
    walk.faults.push(
      fault(
        at.span,
        walk.budget.repeated < 0
          ? `the aliases of this file repeat more than ${MAX_REPEATED} values`
          : `the aliases of this file repeat more than ${MAX_REPEATED_CHARACTERS} characters`,
        "write the values out",
      ),
    );
  }
  return nothing;
}

function unresolved(name: string, { anchors, earlier }: Walk, span: Span): Fault {
  const said = (what: string, hint?: string): Fault =>
    fault(span, `the alias "*${name}" cannot be resolved: ${what}`, hint);
  if (anchors.has(name)) return said("it lies inside what it repeats");
  const before = earlier.get(name);
  if (before !== undefined) {
    const what = `"&${name}" is in an earlier document, and none is seen beyond ---`;
    return insteadOf(span, said(what, "write the value again"), before);
  }
  // It may be a pattern of file names, or stand within the brackets of a shell.
  const maybe: Fault = {
    ...said(`there is no "&${name}" before it`, "put quotes around it if it is text"),
    mayBeSlip: true,
  };
  return insteadOf(span, maybe, `"*${name}"`);
}

function isExhausted({ budget }: Walk): boolean {
  return budget.repeated < 0 || budget.characters < 0;
}

function entriesOf(pairs: readonly unknown[], walk: Walk, at: Position): Entry[] {
  const entries = new Map<string, Entry>();
  const merged: Value[] = [];
  for (const pair of pairs) {
    if (!isPair(pair)) continue;
    const span = spanOf(pair.key) ?? spanOf(pair.value) ?? at.span;
    const key = keyOf(pair.key);
    if (key === null) {
      walk.faults.push(fault(span, "a key is not a single word, wanted `key: value`"));
      continue;
    }
    if (key.length > MAX_KEY_LENGTH) {
      const message = `a key has ${key.length} characters, wanted at most ${MAX_KEY_LENGTH}`;
      walk.faults.push(fault(span, message));
      continue;
    }
    const path = at.path === "" ? key : `${at.path}.${key}`;
    const value = valueOf(pair.value, walk, {
      ...at,
      span,
      path: key === "<<" ? at.path : path,
      depth: at.depth + 1,
    });
    if (key === "<<") merged.push(value);
    else if (entries.has(key)) walk.faults.push(fault(span, `"${path}" is given twice`, "keep one of them"));
    else entries.set(key, { key, span, value });
  }
  for (const value of merged) mergeInto(entries, value, walk);
  return [...entries.values()];
}

/** The merge key of YAML 1.1, which is in common use: keys of the mapping itself win. */
function mergeInto(entries: Map<string, Entry>, value: Value, walk: Walk): void {
  for (const source of value.type === "list" ? value.items : [value]) {
    if (source.type !== "mapping") {
      walk.faults.push(fault(source.span, "`<<` needs an alias of a mapping"));
      return;
    }
    for (const entry of source.entries) {
      if (!entries.has(entry.key)) entries.set(entry.key, entry);
    }
  }
}

function keyOf(node: unknown): string | null {
  if (!isScalar(node)) return null;
  if (typeof node.value === "string") return node.value;
  return node.source === undefined || node.source === "" ? null : node.source;
}

function spanOf(node: unknown): Span | null {
  const range =
    typeof node === "object" && node !== null && "range" in node ? (node.range as Node["range"]) : null;
  return range === null || range === undefined ? null : { start: range[0], end: range[1] };
}
