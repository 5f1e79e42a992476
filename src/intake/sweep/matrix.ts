import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { called, type Fault, fault, misfit, refuse } from "../fault.ts";
import { UNBRACKETED } from "../keys/sweep.ts";
import { all, anyText, type ReadContext } from "../readers.ts";
import type { Entry, Span, Value } from "../value.ts";
import { type Item, type Listed, metBy, type Shape, shapesOf } from "./matching.ts";
import { type Member, Names, nameFault } from "./member.ts";
import { isRange, longRange, rangeOf, tooMany } from "./range.ts";

interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

/** Values in the records of all members. */
const MAX_VALUES = 2_000_000;
/** At most this many faulty items of a list are reported. */
const MAX_FAULTS = 20;
/** Different sets of lists in `include` or in `exclude`; usually there is one. */
const MAX_SHAPES = 50;

/** Reads a matrix: the product of its lists, the last one fastest, without what `exclude` matches, and with what `include` adds. */
export function readMatrix(value: Value, context: ReadContext): Result<Member[], Fault[]> {
  if (value.type !== "mapping") return misfit(value, "a mapping such as {lr: [0.1, 0.01], seed: 1-3}");
  const isItemList = ({ key }: Entry): boolean => key === "include" || key === "exclude";
  const names = new Names();
  const read: Result<Axis, Fault[]>[] = [];
  let size = 0;
  for (const entry of value.entries.filter((one) => !isItemList(one))) {
    const axis = readAxis(entry, { names, context });
    read.push(axis);
    size += axis.ok ? axis.value.values.length : 0;
    if (size > MAX_VALUES) return tooManyValues(value, size);
  }
  const axes = all(read);
  const lists = all(value.entries.filter(isItemList).map(readItems));
  if (!axes.ok || !lists.ok) return err([...(axes.ok ? [] : axes.error), ...(lists.ok ? [] : lists.error)]);
  const itemsOf = (key: string): readonly Item[] => lists.value.find((list) => list.key === key)?.items ?? [];
  const count = axes.value.reduce((product, axis) => product * axis.values.length, 1);
  if (count > MAX_GROUP_SIZE) return err(tooMany(value, count));
  if (count * axes.value.length > MAX_VALUES) return tooManyValues(value, count * axes.value.length);
  const product = axes.value.length === 0 ? [] : productOf(axes.value, { count, span: value.span });
  const listed = new Map(axes.value.map((axis) => [axis.name, new Set(axis.values)]));
  const kept = without(product, { items: itemsOf("exclude"), listed });
  if (!kept.ok) return kept;
  const combinations = withIncluded(kept.value, { items: itemsOf("include"), listed });
  if (!combinations.ok || combinations.value.length > 0) return combinations;
  return refuse(value, count > 0 && product.length > 0 ? "excludes every combination" : "makes no member");
}

function readAxis(
  { key, span, value }: Entry,
  { names, context }: { readonly names: Names; readonly context: ReadContext },
): Result<Axis, Fault[]> {
  const wrong = names.add(key);
  if (wrong !== null) return err([fault(span, `${called(value)} ${wrong}`)]);
  const values = axisValues(value, context);
  if (!values.ok) return values;
  const seen = new Set<string>();
  const twin = values.value.find((one) => seen.size === seen.add(one).size);
  if (twin !== undefined) return refuse(value, `has ${JSON.stringify(twin)} twice`, "keep one of them");
  return ok({ name: key, values: values.value });
}

/** A list, a range, or a single value. */
function axisValues(value: Value, context: ReadContext): Result<string[], Fault[]> {
  if (value.type === "mapping") return longRange(value, context);
  if (value.type === "scalar") {
    if (isRange(value.text)) return rangeOf(value, value.text);
    if (value.data === null) return refuse(value, "is empty, wanted a list, such as [0.1, 0.2]");
    const items = UNBRACKETED.test(value.text) ? value.text.split(/,\s*/).join(", ") : null;
    if (items !== null)
      return refuse(
        value,
        `is the single value "${value.text}", wanted a list`,
        `write [${items}]; for one value with commas: ["${value.text}"]`,
      );
    const single = anyText(value);
    return single.ok ? ok([single.value]) : single;
  }
  if (value.items.length === 0) return refuse(value, "is an empty list, so it makes no member");
  return all(value.items.map(anyText));
}

function readItems({ key, value }: Entry): Result<{ key: string; items: Item[] }, Fault[]> {
  const list = value.type === "mapping" ? [value] : value.type === "list" ? value.items : null;
  if (list === null) return misfit(value, "a list of mappings");
  const items = all(list.map(readItem));
  return items.ok ? ok({ key, items: items.value }) : items;
}

function readItem(value: Value): Result<Item, Fault[]> {
  if (value.type !== "mapping" || value.entries.length === 0)
    return misfit(value, "a mapping such as {lr: 0.1, seed: 2}");
  const pairs = all(
    value.entries.map((entry): Result<[string, string], Fault[]> => {
      const wrong = nameFault(entry.key);
      if (wrong !== null) return err([fault(entry.span, `${called(entry.value)} ${wrong}`)]);
      const text = anyText(entry.value);
      return text.ok ? ok([entry.key, text.value]) : text;
    }),
  );
  return pairs.ok ? ok({ value, pairs: Object.fromEntries(pairs.value) }) : pairs;
}

function productOf(
  axes: readonly Axis[],
  { count, span }: { readonly count: number; readonly span: Span },
): Member[] {
  return Array.from({ length: count }, (_, index) => {
    const values: Record<string, string> = {};
    let alike = count;
    for (const axis of axes) {
      alike /= axis.values.length;
      values[axis.name] = axis.values[Math.floor(index / alike) % axis.values.length] ?? "";
    }
    return { values, span };
  });
}

function tooManyValues(value: Value, count: number): Result<never, Fault[]> {
  const message = `makes ${count} values in all its members, wanted at most ${MAX_VALUES}`;
  return refuse(value, message, "split the sweep, or leave out what is the same for all");
}

interface Beside {
  readonly items: readonly Item[];
  /** The values of each list, as written. */
  readonly listed: Listed;
}

function without(product: readonly Member[], { items, listed }: Beside): Result<readonly Member[], Fault[]> {
  const foreign = items.flatMap(({ value }) => value.entries.find(({ key }) => !listed.has(key)) ?? []);
  if (foreign.length > 0) {
    return err(
      foreign.slice(0, MAX_FAULTS).map(({ key, span, value }) => {
        const near = closest(key, listed.keys());
        const message = `${called(value)} is not a list of the matrix`;
        return fault(span, message, near === null ? undefined : `did you mean ${near}?`);
      }),
    );
  }
  const shapes = boundedShapes(items, listed);
  if (!shapes.ok) return shapes;
  const used = new Set<number>();
  const kept = product.filter((one) => {
    const met = shapes.value.flatMap((shape) => metBy(shape, one));
    for (const place of met) used.add(place);
    return met.length === 0;
  });
  const idle = items.filter((_, place) => !used.has(place)).slice(0, MAX_FAULTS);
  if (idle.length === 0) return ok(kept);
  return err(
    idle.map(({ value }) =>
      fault(value.span, `${called(value)} matches no combination`, "write the values as the lists have them"),
    ),
  );
}

/** Each shape costs one lookup for each combination. */
function boundedShapes(items: readonly Item[], listed: Listed): Result<Shape[], Fault[]> {
  const shapes = shapesOf(items, listed);
  const [first] = items;
  if (first === undefined || shapes.length <= MAX_SHAPES) return ok(shapes);
  const path = first.value.path.replace(/\[\d+\]$/, "");
  const message = `"${path}" names ${shapes.length} different sets of lists, wanted at most ${MAX_SHAPES}`;
  return err([fault(first.value.span, message, "give the same lists in each of its items")]);
}

/** The values that matching items add to one combination; for each name, that of the last item. */
type Addition = ReadonlyMap<string, { readonly place: number; readonly value: string }>;

/**
 * As in GitHub Actions: an item is added to every combination in which it changes no value of the lists; where there is none, it is a
 * combination of its own. Values from earlier items may be changed.
 */
function withIncluded(kept: readonly Member[], { items, listed }: Beside): Result<Member[], Fault[]> {
  const names = new Names(listed.keys());
  const [first] = items;
  for (const { value } of items) {
    for (const { key, span, value: at } of value.entries) {
      if (names.has(key)) continue;
      const wrong = names.add(key);
      if (wrong !== null) return err([fault(span, `${called(at)} ${wrong}`)]);
    }
  }
  const most = (kept.length + items.length) * names.size;
  if (first !== undefined && most > MAX_VALUES) return tooManyValues(first.value, most);
  const shapes = boundedShapes(items, listed);
  if (!shapes.ok) return shapes;
  const taken = new Set<number>();
  const additions = shapes.value.map(() => new Map<readonly number[], Addition>());
  const extended = kept.map((one) => {
    const found = shapes.value.flatMap((shape, index) => {
      const met = metBy(shape, one);
      if (met.length === 0) return [];
      const known = additions[index]?.get(met);
      if (known !== undefined) return [known];
      for (const place of met) taken.add(place);
      const addition = additionOf(met, { items, listed });
      additions[index]?.set(met, addition);
      return [addition];
    });
    return found.length === 0 ? one : { ...one, values: { ...one.values, ...together(found) } };
  });
  const added = items.flatMap(({ value, pairs }, place) =>
    taken.has(place) ? [] : [{ values: pairs, span: value.span }],
  );
  return ok([...extended, ...added]);
}

function additionOf(places: readonly number[], { items, listed }: Beside): Addition {
  const addition = new Map<string, { place: number; value: string }>();
  for (const place of places) {
    for (const [name, value] of Object.entries(items[place]?.pairs ?? {}))
      if (!listed.has(name)) addition.set(name, { place, value });
  }
  return addition;
}

function together(additions: readonly Addition[]): Record<string, string> {
  const last = new Map<string, { readonly place: number; readonly value: string }>();
  for (const [name, said] of additions.flatMap((addition) => [...addition])) {
    if ((last.get(name)?.place ?? -1) < said.place) last.set(name, said);
  }
  return Object.fromEntries([...last].map(([name, { value }]) => [name, value]));
}
