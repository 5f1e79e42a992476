import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Problem, problem } from "../model/errors.ts";
import { isScriptName } from "../model/script-name.ts";
import { shellOf } from "../run/script.ts";
import { visible } from "./command-line/declare.ts";
import { nearCommand } from "./command-line/near.ts";
import type { Context } from "./context.ts";
import { inShell } from "./meant-line.ts";
import { VERBS } from "./verbs.ts";
import { HINTS } from "./words-of-others.ts";

/** Verbs that end or remove something: they are suggested for a clear typo only. */
const GRAVE: ReadonlySet<string> = new Set(["cancel", "clean", "down", "requeue-stale"]);

/** The error for a first word that is no verb: what it may be instead, and what to type. */
export function unknownVerb(context: Pick<Context, "arguments" | "cwd" | "env">, typed: string): Problem {
  const line = context.arguments.slice(context.arguments.indexOf(typed));
  const near = HINTS.get(typed) ?? nearVerb(typed);
  const [what, hint] = found(context, { typed, line });
  if (near === null) return problem("USAGE", `Cannot run "${typed}": ${what}`, hint);
  // `tail` alone is a word of another tool, `tail -f x` may be a command.
  const isWord = what === NO_VERB || (HINTS.has(typed) && line.length === 1);
  const both = isWord ? near : `${near}; ${hint}`;
  return problem("USAGE", `Cannot run "${typed}": ${NO_VERB}`, both);
}

/** A number, an id, a range, a list, or `@`. */
const TASK_LIKE = /^(?:@(?:~\d+)?|\d[\w.,-]*)$/;

/** The zeros and the name around the number of an id. */
const PADDED = /^0*([1-9]\d*)(?:-[A-Za-z].*)?$/;

const NO_VERB = "stint has no verb of that name";

/** What the word is, and how to queue it. */
function found(
  { cwd, env }: Pick<Context, "cwd" | "env">,
  { typed, line }: { readonly typed: string; readonly line: readonly string[] },
): [what: string, hint: string] {
  if (typed === "--")
    return [
      "no verb is named before it",
      `to queue a command: stint submit ${line.length > 1 ? inShell(line) : "-- COMMAND"}`,
    ];
  if (/\s/.test(typed.trim()))
    return [NO_VERB, `to queue a shell line: stint submit -- ${shellOf(env)} -c ${inShell(line)}`];
  const [name = "", ...values] = typed.split("=");
  if (values.length > 0 && visible(VERBS).some(([one]) => one === name))
    return [NO_VERB, `without =: stint ${inShell([name, values.join("="), ...line.slice(1)])}`];
  if (TASK_LIKE.test(typed)) return [NO_VERB, `about a task: stint show ${typed.replace(PADDED, "$1")}`];
  const path = resolve(cwd, typed);
  const isFile = existsSync(path) && statSync(path).isFile();
  if (isFile && /\.(ya?ml|json)$/i.test(typed))
    return ["it is a file, not a verb of stint", `to queue what it describes: stint submit ${inShell(line)}`];
  const isProgram = Bun.which(typed, { PATH: env["PATH"] ?? "", cwd }) !== null;
  if (isProgram)
    return ["it is a program, not a verb of stint", `to queue it: stint submit -- ${inShell(line)}`];
  if (!isFile) return [NO_VERB, "`stint --help` lists the verbs"];
  const [, ...rest] = line;
  const words = rest.length === 0 ? [typed] : [typed, "--", ...rest];
  return [
    "it is a file, not a verb of stint",
    isScriptName(typed)
      ? `to queue it: stint submit ${inShell(words)}`
      : `to queue it: stint submit -- ${typed.includes("/") ? "" : "./"}${inShell(line)}`,
  ];
}

/** The suggestion for a mistyped verb; null where none is near enough. */
export function nearVerb(typed: string): string | null {
  const names = visible(VERBS).flatMap(([name, { aliases = [], withFlags = {} }]) =>
    GRAVE.has(name) ? [name] : [name, ...aliases, ...Object.keys(withFlags)],
  );
  const near = nearCommand(typed, names, GRAVE);
  return near === null ? null : `did you mean \`stint ${near}\`?`;
}
