import type { MappingValue } from "../value.ts";
import type { Member } from "./member.ts";

/** Values that `include` or `exclude` give together. */
export interface Item {
  readonly value: MappingValue;
  readonly pairs: Readonly<Record<string, string>>;
}

/** The values of each list of a matrix, as they are written there. */
export type Listed = ReadonlyMap<string, ReadonlySet<string>>;

/** How one name of an item is met: by the same text, or by a number that is the same. */
interface Part {
  readonly name: string;
  readonly isNumber: boolean;
}

/**
 * The items that name the same lists in the same way, each under the values that meet it: whether a combination is met by any of
 * them is one look, however many they are.
 */
export interface Shape {
  readonly parts: readonly Part[];
  /** The places of the items, in their order. */
  readonly items: ReadonlyMap<string, readonly number[]>;
}

/** Sorts items by the lists that they name; what they say of others is passed over. */
export function shapesOf(items: readonly Item[], listed: Listed): Shape[] {
  const shapes = new Map<string, { parts: Part[]; items: Map<string, number[]> }>();
  for (const [place, { pairs }] of items.entries()) {
    const parts = Object.entries(pairs)
      .filter(([name]) => listed.has(name))
      .map(([name, value]) => ({ name, isNumber: isMetByNumber(value, listed.get(name)) }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const key = JSON.stringify(parts.map(({ name, isNumber }) => [name, isNumber]));
    const shape = shapes.get(key) ?? { parts, items: new Map<string, number[]>() };
    shapes.set(key, shape);
    const values = keyIn(shape.parts, pairs);
    const alike = shape.items.get(values);
    if (alike === undefined) shape.items.set(values, [place]);
    else alike.push(place);
  }
  return [...shapes.values()];
}

/** The places of the items of a shape that a combination has all values of. */
export function metBy({ parts, items }: Shape, { values }: Member): readonly number[] {
  return items.get(keyIn(parts, values)) ?? [];
}

/** Numbers are compared as numbers: 0.10 in a list is met by 0.1, unless the list has that too. */
function isMetByNumber(value: string, list: ReadonlySet<string> | undefined): boolean {
  return list?.has(value) !== true && isNumeric(value);
}

function keyIn(parts: readonly Part[], values: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    parts.map(({ name, isNumber }) => {
      const value = values[name] ?? "";
      return isNumber && isNumeric(value) ? Number(value) + 0 : value;
    }),
  );
}

function isNumeric(text: string): boolean {
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
}
