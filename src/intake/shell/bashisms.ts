/** A construct of bash that sh reads otherwise or refuses. */
interface Construct {
  /** What sh makes of it. */
  readonly effect: string;
  /** What to write for both shells. */
  readonly write: string;
}

const SYNTAX = "stops there with a syntax error";
const NO_COMMAND = "has no such command, and goes on without it";

/** By how messages call them. */
export const BASHISMS = {
  "&>": {
    effect: "starts the command in the background, and goes on as if it had succeeded",
    write: "> FILE 2>&1",
  },
  "|&": { effect: SYNTAX, write: "2>&1 |" },
  "<<<": { effect: SYNTAX, write: "printf '%s\\n' TEXT | COMMAND" },
  "<(…)": { effect: SYNTAX, write: "COMMAND > FILE, and FILE in its place" },
  "{1..3}": { effect: "takes it as this very text", write: "$(seq 1 3)" },
  "{a,b}": { effect: "takes it as this very text", write: "each of the words" },
  "[[": { effect: "has no such command: the condition is never met", write: "[ … ]" },
  "==": { effect: "refuses it in [ ]: the condition is never met", write: "=" },
  "((": { effect: "runs it as a command", write: "[ … ] or NAME=$((…))" },
  source: { effect: NO_COMMAND, write: ". FILE" },
  function: { effect: SYNTAX, write: "NAME() {" },
  "NAME=(…)": { effect: SYNTAX, write: "one variable for each word, or set -- WORDS" },
  pipefail: { effect: "may refuse this option, and then stops", write: "no pipe where a failure counts" },
  "$'…'": { effect: "takes it as text that begins with a $", write: "\"$(printf '…')\"" },
  "${…}": { effect: "stops there: it has no such substitution", write: "sed, or expr" },
  builtin: { effect: NO_COMMAND, write: "the same in words of sh" },
} as const satisfies Readonly<Record<string, Construct>>;

/** One of them in a text. */
export interface Bashism {
  readonly kind: keyof typeof BASHISMS;
  /** As an offset. */
  readonly at: number;
  /** As it is written there. */
  readonly text: string;
}

/** Commands of bash without a counterpart of the same name in sh. */
export const BUILTINS: ReadonlySet<string> = new Set([
  "declare",
  "typeset",
  "let",
  "shopt",
  "pushd",
  "popd",
  "mapfile",
  "readarray",
]);

/** Bash's parameter expansions: of an array, with a pattern to replace, in upper case, of a part, or indirect. */
export const BASH_PARAMETER =
  /\$\{(?:![A-Za-z_]|#?[A-Za-z_]\w{0,99}\[|[A-Za-z_]\w{0,99}(?:[/^,]|:(?![-+=?])))/y;
/** `NAME=`, `NAME+=` and `NAME[…]=` at the beginning of a word. */
export const ASSIGNMENT = /^[A-Za-z_]\w{0,99}(\[[^\]]{0,99}\])?\+?=/;
/** `((…))` with an operator: in sh a subshell of a subshell could stand there. */
export const ARITHMETIC = /\(\((?=[^()]{0,200}(?:[=<>]|\+\+|--))[\w\s$+\-*/%<>=!&|^~?:,"]{1,200}\)\)/y;
