import { setAt, type Tree } from "./candidate.ts";
import { called, type Fault, fault } from "./fault.ts";
import type { FieldAssignment } from "./field-assignments.ts";
import type { Field } from "./keys/field.ts";
import type { ReadContext } from "./readers.ts";

/** Reads fields into a candidate, which is changed; returns all faults. A value that is set twice is a fault. */
export function applyFields(
  candidate: Tree,
  given: readonly FieldAssignment[],
  context: ReadContext,
): Fault[] {
  const faults: Fault[] = [];
  const setters = new Map<string, FieldAssignment>();
  for (const one of given) {
    const { field, child } = one;
    const to = child === undefined ? field.to : [...field.to, child];
    const target = to.join("\0");
    const earlier = setters.get(target) ?? overlapping(one, setters);
    if (earlier !== undefined) {
      faults.push(
        fault(
          one.entry.span,
          `${called(one.entry.value)} duplicates ${called(earlier.entry.value)}`,
          "keep one of them",
        ),
      );
      continue;
    }
    setters.set(target, one);
    const read = child === undefined ? field.read(one.entry.value, context) : readChild(one, context);
    if (read.ok) setAt(candidate, to, read.value);
    else faults.push(...read.error);
  }
  return faults;
}

/** `labels: {…}` beside `labels.paper: …`: the last one would undo the other. */
function overlapping(
  one: FieldAssignment,
  setters: ReadonlyMap<string, FieldAssignment>,
): FieldAssignment | undefined {
  return [...setters.values()].find(
    (other) => other.key === one.key && (other.child === undefined) !== (one.child === undefined),
  );
}

/** One name of an open field, read as a mapping of one. */
function readChild(
  { field, child = "", entry }: FieldAssignment,
  context: ReadContext,
): ReturnType<Field["read"]> {
  const { value, span } = entry;
  const mapping = field.read(
    { type: "mapping", path: value.path, span, entries: [{ key: child, span, value }] },
    context,
  );
  return mapping.ok ? { ok: true, value: (mapping.value as Record<string, string>)[child] } : mapping;
}
