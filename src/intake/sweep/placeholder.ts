import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { valueVariable } from "../../model/group.ts";
import { MAX_SCRIPT_BYTES } from "../../model/kind.ts";
import type { Member } from "./member.ts";
import { isPlain, type ShellPlace, shellPlaces, shellText } from "./shell.ts";

/** How a text is interpreted once it is filled, which decides how a value is written into it. */
export type Language = "text" | "name" | "shell" | "code";

/** `${{ matrix.lr }}` in a text. */
export interface Placeholder {
  /** As written. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
  /** The word before the dot. */
  readonly kind: string;
  readonly name: string;
}

/** `$${{` is the escape for `${{`. */
const PLACEHOLDER = /(\$?)\$\{\{([^{}\n]*)\}\}/g;
const OURS = /^(matrix|each|array|sweep|inputs|service)\b/;

/** The placeholders in a text; without a sweep, only those with a known kind. */
export function placeholdersIn(text: string, hasSweep: boolean): Placeholder[] {
  if (!text.includes("${{")) return [];
  return [...text.matchAll(PLACEHOLDER)].flatMap((match) => {
    const [raw, escape, inner = ""] = match;
    const expression = inner.trim();
    if (escape === "$" || !(hasSweep || OURS.test(expression))) return [];
    const dot = expression.indexOf(".");
    const kind = dot === -1 ? expression : expression.slice(0, dot).trim();
    const name = dot === -1 ? "" : expression.slice(dot + 1).trim();
    return [{ raw, start: match.index, end: match.index + raw.length, kind, name }];
  });
}

/** The first placeholder that is not closed; null where there is none. */
export function unclosedIn(text: string): Placeholder | null {
  if (!text.includes("${{")) return null;
  const rest = text.replaceAll(PLACEHOLDER, (whole) => " ".repeat(whole.length));
  const match = /(?<!\$)\$\{\{\s*(matrix|each|array|sweep|inputs|service)\b[^\s}]*/.exec(rest);
  if (match === null) return null;
  const [raw, kind = ""] = match;
  return { raw, start: match.index, end: match.index + raw.length, kind, name: "" };
}

/** A text with placeholders. */
export interface TextTemplate {
  readonly literals: readonly string[];
  readonly holes: readonly { readonly placeholder: Placeholder; readonly place: ShellPlace }[];
  readonly language: Language;
}

/** Splits a text once for all members; null where it has no placeholder. */
export function textTemplate(
  text: string,
  { language, hasSweep }: { readonly language: Language; readonly hasSweep: boolean },
): TextTemplate | null {
  const placeholders = placeholdersIn(text, hasSweep);
  if (placeholders.length === 0 && !text.includes("$${{")) return null;
  const places =
    language === "shell" ? shellPlaces(text, placeholders) : placeholders.map(() => "unsure" as const);
  const cuts = [0, ...placeholders.map(({ end }) => end)];
  return {
    language,
    literals: cuts.map((cut, index) => unescaped(text.slice(cut, placeholders[index]?.start))),
    holes: placeholders.map((placeholder, index) => ({ placeholder, place: places[index] ?? "unsure" })),
  };
}

function unescaped(text: string): string {
  return text.replaceAll("$${{", "${{");
}

/** In place of a value: the placeholder stays, to be filled later. */
export const STAYS = Symbol("stays");

/** Returns the value of a placeholder, or undefined. */
export type Lookup = (placeholder: Placeholder) => string | typeof STAYS | undefined;

/** Why a text cannot be filled for a member. */
export interface FillFault {
  readonly placeholder: Placeholder;
  readonly message: string;
  readonly hint: string;
}

/** Writes a member's values into a text. */
export function fill({ literals, holes, language }: TextTemplate, known: Lookup): Result<string, FillFault> {
  // The ports of a service are known at its start.
  const lookup: Lookup = (placeholder) => (placeholder.kind === "service" ? STAYS : known(placeholder));
  // A text that is filled again later keeps its escapes until then.
  const isLater = holes.some(({ placeholder }) => lookup(placeholder) === STAYS);
  const literal = (index: number): string => {
    const text = literals[index] ?? "";
    return isLater ? text.replaceAll("${{", () => "$${{") : text;
  };
  let filled = literal(0);
  for (const [index, { placeholder, place }] of holes.entries()) {
    const value = lookup(placeholder);
    if (value === undefined) {
      const message = `there is no value for ${placeholder.raw}`;
      return err({ placeholder, message, hint: hintForNone(placeholder) });
    }
    const written = value === STAYS ? placeholder.raw : writtenAs(value, { language, place });
    if (written === null) {
      const message = `the value ${JSON.stringify(value)} cannot be written here: ${WHY_NOT[language]}`;
      return err({ placeholder, message, hint: hintForOdd(placeholder, language) });
    }
    filled += written + literal(index + 1);
    if (filled.length > MAX_SCRIPT_BYTES) {
      const message = `the text is longer than ${MAX_SCRIPT_BYTES} characters once its placeholders are filled`;
      return err({ placeholder, message, hint: "name a file that contains the values instead" });
    }
  }
  return ok(filled);
}

function hintForNone({ kind, name }: Placeholder): string {
  return kind === "inputs"
    ? `give it: -i ${name}=VALUE, or write a default`
    : "give it to every member, or leave the placeholder out";
}

function hintForOdd({ kind, name }: Placeholder, language: Language): string {
  if (kind === "inputs") return "read it from the JSON file that $STINT_INPUTS names";
  const variable = valueVariable(name);
  const instead = language === "shell" ? `"$${variable}"` : variable;
  return `use ${instead}, which is set in the environment of the job`;
}

const WHY_NOT: Readonly<Record<Language, string>> = {
  text: "",
  name: "",
  shell: "it is not a plain word, and how the shell would read it here is uncertain",
  code: "it is not a plain word and would be read as code",
};

function writtenAs(
  value: string,
  { language, place }: { language: Language; place: ShellPlace },
): string | null {
  switch (language) {
    case "text":
      return value;
    case "name":
      return value.replaceAll(/[^A-Za-z0-9._-]+/g, "-");
    case "shell":
      return shellText(value, place);
    case "code":
      return isPlain(value) ? value : null;
  }
}

/** The lookup for one member, without inputs; `sweep` has the values that all members share. */
export function lookupIn(member: Member, sweep: Readonly<Record<string, string>>): Lookup {
  return ({ kind, name }) => (kind === "sweep" ? own(sweep, name) : own(member.values, name));
}

/** The same with inputs, which `inputs` looks up. */
export function withInputs(
  lookup: Lookup,
  inputs: (name: string) => string | typeof STAYS | undefined,
): Lookup {
  return (placeholder) => (placeholder.kind === "inputs" ? inputs(placeholder.name) : lookup(placeholder));
}
