import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { type Fault, fault, refuse } from "../fault.ts";
import { all, anyText } from "../readers.ts";
import { describe, type Entry, type MappingValue, type Value } from "../value.ts";
import { type Member, nameTrouble } from "./member.ts";
import { isRange, longRange, rangeOf, tooMany } from "./range.ts";

interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

/** Values that `include` or `exclude` give together. */
interface Item {
  readonly value: MappingValue;
  readonly pairs: Readonly<Record<string, string>>;
}

/** Reads a matrix: the product of its lists, the last one fastest, less what `exclude` matches, with what `include` adds. */
export function readMatrix(value: Value): Result<Member[], Fault[]> {
  if (value.type !== "mapping")
    return refuse(value, `is ${describe(value)}, wanted a mapping such as {lr: [0.1, 0.01], seed: 1-3}`);
  const isItemList = ({ key }: Entry): boolean => key === "include" || key === "exclude";
  const names: string[] = [];
  const axes = all(
    value.entries.filter((entry) => !isItemList(entry)).map((entry) => readAxis(entry, names)),
  );
  const lists = all(value.entries.filter(isItemList).map(readItems));
  if (!axes.ok || !lists.ok) return err([...(axes.ok ? [] : axes.error), ...(lists.ok ? [] : lists.error)]);
  const itemsOf = (key: string): readonly Item[] => lists.value.find((list) => list.key === key)?.items ?? [];
  const count = axes.value.reduce((product, axis) => product * axis.values.length, 1);
  if (count > MAX_GROUP_SIZE) return err(tooMany(value, count));
  const product = axes.value.length === 0 ? [] : productOf(axes.value, value);
  const listed = new Map(axes.value.map((axis) => [axis.name, new Set(axis.values)]));
  const kept = without(product, { items: itemsOf("exclude"), names, listed });
  if (!kept.ok) return kept;
  const combinations = withIncluded(kept.value, { items: itemsOf("include"), names, listed });
  if (!combinations.ok || combinations.value.length > 0) return combinations;
  return refuse(value, count > 0 && product.length > 0 ? "excludes every combination" : "makes no member");
}

function readAxis({ key, span, value }: Entry, names: string[]): Result<Axis, Fault[]> {
  const trouble = nameTrouble(key, names);
  if (trouble !== null) return err([fault(span, `"${value.path}" ${trouble}`)]);
  names.push(key);
  const values = axisValues(value);
  if (!values.ok) return values;
  const seen = new Set<string>();
  const twin = values.value.find((one) => seen.size === seen.add(one).size);
  if (twin !== undefined) return refuse(value, `has ${JSON.stringify(twin)} twice`, "keep one of them");
  return ok({ name: key, values: values.value });
}

/** A list, a range, or a single value. */
function axisValues(value: Value): Result<string[], Fault[]> {
  if (value.type === "mapping") return longRange(value);
  if (value.type === "scalar") {
    if (isRange(value.text)) return rangeOf(value, value.text);
    const single = anyText(value);
    return single.ok ? ok([single.value]) : single;
  }
  if (value.items.length === 0) return refuse(value, "is an empty list, so it makes no member");
  return all(value.items.map(anyText));
}

function readItems({ key, value }: Entry): Result<{ key: string; items: Item[] }, Fault[]> {
  const list = value.type === "mapping" ? [value] : value.type === "list" ? value.items : null;
  if (list === null) return refuse(value, `is ${describe(value)}, wanted a list of mappings`);
  const items = all(list.map(readItem));
  return items.ok ? ok({ key, items: items.value }) : items;
}

function readItem(value: Value): Result<Item, Fault[]> {
  if (value.type !== "mapping" || value.entries.length === 0)
    return refuse(value, `is ${describe(value)}, wanted a mapping such as {lr: 0.1, seed: 2}`);
  const pairs = all(
    value.entries.map((entry): Result<[string, string], Fault[]> => {
      const trouble = nameTrouble(entry.key, []);
      if (trouble !== null) return err([fault(entry.span, `"${entry.value.path}" ${trouble}`)]);
      const text = anyText(entry.value);
      return text.ok ? ok([entry.key, text.value]) : text;
    }),
  );
  return pairs.ok ? ok({ value, pairs: Object.fromEntries(pairs.value) }) : pairs;
}

function productOf(axes: readonly Axis[], { span }: Value): Member[] {
  let combinations: Record<string, string>[] = [{}];
  for (const { name, values } of axes) {
    combinations = combinations.flatMap((before) => values.map((value) => ({ ...before, [name]: value })));
  }
  return combinations.map((values) => ({ values, span }));
}

interface Beside {
  readonly items: readonly Item[];
  /** Of the lists. */
  readonly names: readonly string[];
  /** The values of each list, as they are written there. */
  readonly listed: Listed;
}

type Listed = ReadonlyMap<string, ReadonlySet<string>>;

function without(
  product: readonly Member[],
  { items, names, listed }: Beside,
): Result<readonly Member[], Fault[]> {
  const faults: Fault[] = [];
  for (const { value, pairs } of items) {
    const foreign = value.entries.find(({ key }) => !names.includes(key));
    if (foreign !== undefined) {
      const near = closest(foreign.key, names);
      const hint = near === null ? undefined : `did you mean ${near}?`;
      faults.push(fault(foreign.span, `"${foreign.value.path}" is no list of the matrix`, hint));
    } else if (!product.some((one) => agrees(one, pairs, listed))) {
      faults.push(
        fault(
          value.span,
          `"${value.path}" matches no combination`,
          "write the values as the lists have them",
        ),
      );
    }
  }
  if (faults.length > 0) return err(faults);
  return ok(product.filter((one) => !items.some(({ pairs }) => agrees(one, pairs, listed))));
}

/**
 * True where a combination has all of some values. Numbers are compared as numbers: 0.10 in a list is met by 0.1, unless the
 * list has that too.
 */
function agrees({ values }: Member, pairs: Readonly<Record<string, string>>, listed: Listed): boolean {
  return Object.entries(pairs).every(([name, value]) => {
    const one = values[name];
    return one === value || (listed.get(name)?.has(value) !== true && isSameNumber(one, value));
  });
}

function isSameNumber(one: string | undefined, other: string): boolean {
  const isNumeric = (text: string): boolean => /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
  return one !== undefined && isNumeric(one) && isNumeric(other) && Number(one) === Number(other);
}

/**
 * As GitHub Actions has it: an item goes to every combination of which it changes no value that the lists gave; where there
 * is none, it is a combination of its own. What an earlier item added may be changed.
 */
function withIncluded(kept: readonly Member[], { items, names, listed }: Beside): Result<Member[], Fault[]> {
  const extended = [...kept];
  const added: Member[] = [];
  const known = [...names];
  for (const { value, pairs } of items) {
    for (const { key, span, value: at } of value.entries) {
      if (known.includes(key)) continue;
      const trouble = nameTrouble(key, known);
      if (trouble !== null) return err([fault(span, `"${at.path}" ${trouble}`)]);
      known.push(key);
    }
    const ofLists = Object.fromEntries(Object.entries(pairs).filter(([name]) => names.includes(name)));
    const extra = Object.fromEntries(Object.entries(pairs).filter(([name]) => !names.includes(name)));
    let isTaken = false;
    for (const [index, one] of extended.entries()) {
      if (!agrees(one, ofLists, listed)) continue;
      extended[index] = { ...one, values: { ...one.values, ...extra } };
      isTaken = true;
    }
    if (!isTaken) added.push({ values: pairs, span: value.span });
  }
  return ok([...extended, ...added]);
}
