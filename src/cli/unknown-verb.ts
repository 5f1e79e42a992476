import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { shellWord } from "../lib/shell-text.ts";
import { editDistance } from "../lib/suggest.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { VERBS } from "./verbs.ts";
import { HINTS } from "./words-of-others.ts";

/** Verbs that end or remove something: they are suggested for a clear typo only. */
const GRAVE: ReadonlySet<string> = new Set(["cancel", "clean", "down", "requeue-stale"]);
/** A longer command line is shown in part. */
const MAX_SHOWN = 120;

/** The error for a first word that is no verb: what it may be instead, and what to type. */
export function unknownVerb(context: Pick<Context, "arguments" | "cwd" | "env">, typed: string): Problem {
  const line = context.arguments.slice(context.arguments.indexOf(typed));
  const near = HINTS.get(typed) ?? nearVerb(typed);
  const [what, hint] = found(context, { typed, line });
  if (near === null) return problem("USAGE", `Cannot run "${typed}": ${what}`, hint);
  const both = HINTS.has(typed) || what === NO_VERB ? near : `${near}; ${hint}`;
  return problem("USAGE", `Cannot run "${typed}": ${NO_VERB}`, both);
}

const NO_VERB = "stint has no verb of that name";

/** What the word is, and how to queue it. */
function found(
  { cwd, env }: Pick<Context, "cwd" | "env">,
  { typed, line }: { readonly typed: string; readonly line: readonly string[] },
): [what: string, hint: string] {
  if (typed === "--")
    return ["no verb is named before it", `to queue a command: stint submit ${inShell(line)}`];
  const path = resolve(cwd, typed);
  const isFile = existsSync(path) && statSync(path).isFile();
  if (isFile && /\.(ya?ml|json)$/i.test(typed))
    return ["it is a file, not a verb of stint", `to queue what it describes: stint submit ${inShell(line)}`];
  const isProgram = Bun.which(typed, { PATH: env["PATH"] ?? "", cwd }) !== null;
  if (isProgram)
    return ["it is a program, not a verb of stint", `to queue it: stint submit -- ${inShell(line)}`];
  if (!isFile) return [NO_VERB, "`stint --help` lists the verbs"];
  const runner = typed.endsWith(".py") ? "python3 " : /\.(ba)?sh$/.test(typed) ? "bash " : "./";
  return ["it is a file, not a verb of stint", `to queue it: stint submit -- ${runner}${inShell(line)}`];
}

function inShell(line: readonly string[]): string {
  const text = line.map(shellWord).join(" ");
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** The suggestion for a mistyped verb; null where none is near enough: a wrong suggestion is worse than none. */
export function nearVerb(typed: string): string | null {
  const names = Object.entries(VERBS).flatMap(([name, { aliases = [], withFlags = {}, hidden }]) => {
    if (hidden === true) return [];
    return GRAVE.has(name) ? [name] : [name, ...aliases, ...Object.keys(withFlags)];
  });
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of names) {
    const distance = editDistance(typed.toLowerCase(), name);
    if (
      isTypo(typed.toLowerCase(), name, distance) &&
      distance < (best?.distance ?? Number.POSITIVE_INFINITY)
    )
      best = { name, distance };
  }
  return best === null ? null : `did you mean \`stint ${best.name}\`?`;
}

/** Another first letter is another word (`train`, `drain`), unless the first two are swapped or the first is missing or twice. */
function isTypo(typed: string, name: string, distance: number): boolean {
  const isSameStart = typed[0] === name[0];
  if (GRAVE.has(name)) return distance <= 1 && isSameStart;
  if (isSameStart) return distance <= (name.length <= 5 || typed.length <= 5 ? 1 : 2) && typed.length > 1;
  const isSwapped = typed[0] === name[1] && typed[1] === name[0];
  return distance === 1 && (isSwapped || (typed.length > 2 && typed.length !== name.length));
}
