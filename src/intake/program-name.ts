import { basename } from "node:path";
import { nameFrom } from "../model/identity.ts";

/** Programs that only start the one that follows their options. */
const LAUNCHERS = new Set(
  "env nohup nice ionice setsid stdbuf exec time command timeout taskset chrt sudo torchrun".split(" "),
);
/** Those that need a word of their own for that: `uv run`. */
const RUNNERS: Readonly<Record<string, string>> = {
  uv: "run",
  poetry: "run",
  pipenv: "run",
  pixi: "run",
  conda: "run",
  accelerate: "launch",
};
const SHELL = /^(?:sh|bash|dash|zsh|ksh|fish)$/;
const INTERPRETER = /^(?:python|pypy)[\d.]*$|^(?:ruby|perl|node|bun|julia|Rscript)$/;
const SCRIPT = /(?<=.)\.(?:py|sh|bash|zsh|R|jl|rb|pl|js|mjs|ts|ipynb)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
/** An option of a launcher, or the number that is its value: `nice -n 10`, `timeout 5m`. */
const OPTION = /^(?:-|\d+(?:\.\d+)?[smhd]?$)/;
/** Commands of a shell that prepare the one that counts. */
const PREPARATIONS = new Set(["cd", "source", ".", "set", "export", "module", "ulimit"]);
/** More of a command says nothing about its name. */
const MAX_WORDS = 100;
const MAX_WORD_LENGTH = 1_000;
const REDIRECTION = /^(?:\||\d?>|&>|<)/;

/** What a person would call a command: its program without launchers and interpreters, the last parts of paths, and its arguments. */
export function programName(words: readonly string[], defaultName: string): string {
  const name = nameOfWords(programWords(words));
  return name === "task" ? nameFrom(defaultName) : name;
}

function nameOfWords(words: readonly string[]): string {
  const [program = "", ...rest] = words.map((word) => basename(word));
  return nameFrom([program.replace(SCRIPT, ""), ...rest].join(" "));
}

function programWords(words: readonly string[]): readonly string[] {
  let left: readonly string[] = words
    .slice(0, MAX_WORDS)
    .flatMap((word) => (word === "" ? [] : [word.slice(0, MAX_WORD_LENGTH)]));
  for (;;) {
    const next = withoutFirst(left);
    // A launcher, a shell or an interpreter alone is the program.
    if (next === null || nameOfWords(next) === "task") return left;
    left = next;
  }
}

/** The words without a launcher or an interpreter in front, and without redirections; null where the first is the program. */
function withoutFirst(words: readonly string[]): readonly string[] | null {
  const [first = "", second = "", ...more] = words;
  const program = basename(first);
  const rest = words.slice(1);
  if (ASSIGNMENT.test(first)) return rest;
  if (LAUNCHERS.has(program)) return withoutOptions(rest);
  if (Object.hasOwn(RUNNERS, program) && RUNNERS[program] === second) return withoutOptions(more);
  if (SHELL.test(program)) return lineOf(rest.filter((word, index) => index > 0 || !word.startsWith("-")));
  if (INTERPRETER.test(program)) {
    const options = rest.length - withoutOptions(rest).length;
    // The text of `-c` and `-e` is no name of a program.
    return rest.slice(0, options).some((word) => /^-\w*[ce]$/.test(word)) ? null : rest.slice(options);
  }
  if (PREPARATIONS.has(program)) {
    const end = words.findIndex((word) => word === "&&" || word.endsWith(";"));
    return end < 0 ? null : words.slice(end + 1);
  }
  const redirected = words.findIndex((word) => REDIRECTION.test(word));
  return redirected < 1 ? null : words.slice(0, redirected);
}

function withoutOptions(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => !OPTION.test(word));
  return start < 0 ? [] : words.slice(start);
}

/** The words of the line that a shell was given as one word. */
function lineOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== "");
}
