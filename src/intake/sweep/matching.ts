import type { MappingValue } from "../value.ts";
import type { Member } from "./member.ts";

/** One item of `include` or `exclude`. */
export interface Item {
  readonly value: MappingValue;
  readonly pairs: Readonly<Record<string, string>>;
}

/** The values of each list of a matrix, as written. */
export type Listed = ReadonlyMap<string, ReadonlySet<string>>;

/** How one name of an item matches: by the same text, or by an equal number. */
interface Part {
  readonly name: string;
  readonly isNumber: boolean;
}

/**
 * Items that name the same lists in the same way, indexed by their values: one lookup finds the items that match a combination,
 * however many there are.
 */
export interface Shape {
  readonly parts: readonly Part[];
  /** The indices of the items, in their order. */
  readonly items: ReadonlyMap<string, readonly number[]>;
}

/** Groups items by the lists that they name; other names in them are ignored. */
export function shapesOf(items: readonly Item[], listed: Listed): Shape[] {
  const shapes = new Map<string, { parts: Part[]; items: Map<string, number[]> }>();
  for (const [place, { pairs }] of items.entries()) {
    const parts = Object.entries(pairs)
      .filter(([name]) => listed.has(name))
      .map(([name, value]) => ({ name, isNumber: isMetByNumber(value, listed.get(name)) }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const key = JSON.stringify(parts.map(({ name, isNumber }) => [name, isNumber]));
    const shape = shapes.getOrInsertComputed(key, () => ({ parts, items: new Map<string, number[]>() }));
    shape.items.getOrInsertComputed(keyIn(shape.parts, pairs), () => []).push(place);
  }
  return [...shapes.values()];
}

/** The indices of the items of a shape that match a combination. */
export function metBy({ parts, items }: Shape, { values }: Member): readonly number[] {
  return items.get(keyIn(parts, values)) ?? [];
}

/** Numbers are compared as numbers: 0.1 matches 0.10 in a list, unless the list has 0.1 too. */
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
