import type { Json } from "../../model/job-data.ts";

const SHOWN_VALUE = 60;
const SHOWN_NAMES = 24;

/** Values by their names in one line: `lr=0.1 data=/a.npz`. */
export function valuesOf(values: Readonly<Record<string, Json>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${nameIn(name)}=${shown(value)}`);
  const more = pairs.length - SHOWN_NAMES;
  return [...pairs.slice(0, SHOWN_NAMES), ...(more > 0 ? [`… and ${more} more`] : [])].join(" ");
}

/** A job names its outputs as it likes. */
function nameIn(name: string): string {
  return /^[\w.+-]+$/.test(name) ? name : JSON.stringify(name);
}

function shown(value: Json): string {
  const text = typeof value === "string" && /^[^\s"']+$/.test(value) ? value : JSON.stringify(value);
  return text.length > SHOWN_VALUE ? `${text.slice(0, SHOWN_VALUE - 1)}…` : text;
}

/** The rules of `fail:` in one line. */
export function failText(rules: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(rules)
    .map(([name, of]) => `${name}: ${of.join(" or ")}`)
    .join(", ");
}
