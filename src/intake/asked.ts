import type { Spec } from "../model/spec.ts";
import { defaultSpec, getAt, type Tree } from "./candidate.ts";
import { FIELDS } from "./fields.ts";
import type { Field } from "./keys/field.ts";

/** The settings of a task that are not the default, each in a few words; `moment` formats a time. */
export function askedFor(spec: Spec, moment: (instant: string) => string): string[] {
  const record = { spec } as unknown as Tree;
  const base = { spec: defaultSpec({ defaultCwd: spec.kind.cwd }, spec.kind.type) };
  const told = new Set<string>();
  return Object.entries(FIELDS).flatMap(([key, field]) => {
    const place = field.to.join(".");
    const value = getAt(record, field.to);
    const isSaid = value !== undefined && JSON.stringify(value) !== JSON.stringify(getAt(base, field.to));
    const text = isSaid && !told.has(place) ? textOf(key, { field, value, moment }) : null;
    if (text === null) return [];
    told.add(place);
    return [text];
  });
}

function textOf(
  key: string,
  {
    field,
    value,
    moment,
  }: { readonly field: Field; readonly value: unknown; readonly moment: (instant: string) => string },
): string | null {
  const { show, read } = field;
  if (show !== undefined) return show === null ? null : show(value as never, moment);
  const text = read.print?.(value);
  return text === undefined ? null : `${key} ${text}`;
}
