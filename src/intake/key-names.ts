import { own } from "../lib/own.ts";
import { closest } from "../lib/suggest.ts";
import { FIELDS } from "./fields.ts";
import type { Alias, Field } from "./keys/field.ts";
import { GROUPS } from "./keys/groups.ts";
import { SWEEP_KEYS } from "./keys/sweep.ts";
import { meantKey } from "./meant-key.ts";
import { OF_SCHEDULES, UNSUPPORTED } from "./unsupported.ts";
import { camelCase } from "./value.ts";

/** The meaning of a key as written. */
export type Meaning =
  | ({
      readonly type: "field";
      /** In FIELDS. */
      readonly key: string;
      readonly field: Field;
      /** The user's own name under an open field. */
      readonly child?: string;
    } & Alias)
  | { readonly type: "group"; readonly key: string }
  /** A key of a sweep as a whole, which is read before its members. */
  | { readonly type: "sweep"; readonly key: string }
  /** It names a definition, whose keys stand in its place before any is read. */
  | { readonly type: "definition" }
  | { readonly type: "schedule" }
  | { readonly type: "unsupported"; readonly key: string; readonly hint: string }
  | { readonly type: "unknown"; readonly suggestion: string | null };

/** Other spellings: those of records, and of fetch_ml, rdev, solti and gyoza. */
const ALIASES: Readonly<Record<string, { readonly key: string } & Alias>> = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([key, { also = {} }]) =>
    Object.entries(also).map(([spelling, alias]) => [spelling, { key, ...alias }]),
  ),
);

/** The other names of flags, with the keys that these set. */
const FLAG_ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([key, { flag }]) => (flag?.aliases ?? []).map((alias) => [alias, key])),
);

/** `metadata` is a word of fetch_ml; the long form does not reach this table. */
const OPEN_ALIASES: Readonly<Record<string, string>> = {
  label: "labels",
  annotation: "annotations",
  metadata: "annotations",
  // Of a definition of gyoza.
  inputSpecs: "inputs",
  outputSpecs: "outputs",
};

/** Finds the meaning of a key; `typed` is its path, joined by dots. */
export function meaningOf(typed: string): Meaning {
  return knownMeaning(typed) ?? { type: "unknown", suggestion: suggestion(typed) };
}

/** True for a key that has a meaning; a suggestion, which is slow, is not made. */
export function isKnownKey(typed: string): boolean {
  return knownMeaning(typed) !== null;
}

function knownMeaning(typed: string): Exclude<Meaning, { type: "unknown" }> | null {
  const [first = "", ...rest] = typed.split(".");
  const open = own(OPEN_ALIASES, camelCase(first)) ?? camelCase(first);
  const opened = own(FIELDS, open);
  if (opened?.isOpen)
    return { type: "field", key: open, field: opened, ...(rest.length > 0 && { child: rest.join(".") }) };
  const key = camelPath(typed);
  const canonical = withoutGroup(key);
  const alias = own(ALIASES, canonical) ?? { key: canonical };
  const field = own(FIELDS, alias.key);
  if (field !== undefined) return { type: "field", field, ...alias };
  if (own(GROUPS, key) !== undefined) return { type: "group", key };
  if (own(SWEEP_KEYS, canonical) !== undefined) return { type: "sweep", key: canonical };
  if (["definition", "opDefinition"].includes(canonical)) return { type: "definition" };
  if (OF_SCHEDULES.has(canonical)) return { type: "schedule" };
  const hint = own(UNSUPPORTED, canonical);
  return hint === undefined ? null : { type: "unsupported", key: canonical, hint };
}

/** The field that a key names; null where it names none. */
export function fieldNamed(typed: string): Extract<Meaning, { type: "field" }> | null {
  const meaning = meaningOf(typed);
  return meaning.type === "field" ? meaning : null;
}

/** True for a key whose mapping contains fields. */
export function isGroup(typed: string): boolean {
  return own(GROUPS, camelPath(typed)) !== undefined;
}

/** The keys of a group, as they are written in it. */
export function keysOfGroup(group: string): string[] {
  const prefix = own(GROUPS, camelPath(group))?.prefix ?? "";
  const isIn = (key: string): boolean =>
    prefix === "" ? FIELDS[key]?.to[1] === "resources" : key.startsWith(prefix);
  return Object.keys(FIELDS)
    .filter(isIn)
    .map((key) => key.slice(prefix.length));
}

function withoutGroup(key: string): string {
  const parts = key.split(".");
  for (let length = parts.length - 1; length > 0; length -= 1) {
    const group = own(GROUPS, parts.slice(0, length).join("."));
    if (group !== undefined) return `${group.prefix}${parts.slice(length).join(".")}`;
  }
  return key;
}

function suggestion(typed: string): string | null {
  const key = camelPath(typed.replaceAll("-", "_"));
  const cut = key.lastIndexOf(".");
  // `working-directory` and `max-retries` are spelled as flags are.
  if (key !== camelPath(typed)) {
    const { key: now = key, unit } = own(ALIASES, key) ?? {};
    if ([FIELDS, GROUPS, SWEEP_KEYS].some((table) => Object.hasOwn(table, now)))
      return unit === undefined ? now.slice(cut + 1) : key;
    const flag = own(FLAG_ALIASES, typed);
    if (flag !== undefined) return flag;
  }
  const last = key.slice(cut + 1);
  const elsewhere = Object.keys(FIELDS).find((field) => field.endsWith(`.${last}`));
  if (cut !== -1) {
    const group = key.slice(0, cut);
    if (own(FIELDS, last) !== undefined || own(GROUPS, last) !== undefined)
      return `${last}, not under ${group}`;
    return closest(last, keysOfGroup(group)) ?? elsewhere ?? null;
  }
  // A key that is not supported is no way out.
  const tables = [FIELDS, GROUPS, ALIASES, SWEEP_KEYS].flatMap((table) => Object.keys(table));
  const near = closest(
    key,
    tables.filter((name) => !name.includes(".")),
  );
  const meant = near === null ? null : (own(ALIASES, near)?.key ?? own(GROUPS, near)?.now ?? near);
  return meantKey(key, null)?.key ?? elsewhere ?? meant;
}

/** A dotted key in camel case; `retry_policy` of gyoza is `retry`. */
function camelPath(typed: string): string {
  return typed
    .split(".")
    .map(camelCase)
    .join(".")
    .replace(/^retryPolicy(?=\.|$)/, "retry");
}
