import { shellWord } from "../../lib/shell-text.ts";
import { splitWords } from "../words.ts";
import type { CrontabEntry } from "./crontab-lines.ts";
import { type ImportContext, verbatim } from "./imported.ts";

/** What cron gives a job where the crontab says nothing (crontab(5)). */
const CRON_PATH = "/usr/bin:/bin";
const CRON_SHELL = "/bin/sh";

/** The shells that stint finds by name, where PATH has their usual folder. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["/bin/sh", "sh"],
  ["/usr/bin/sh", "sh"],
  ["/bin/bash", "bash"],
  ["/usr/bin/bash", "bash"],
]);

/** The task of a line: its command in the shell, the folder and the environment that cron would give it. */
export function taskOf(
  { command, stdin, variables }: CrontabEntry,
  { name, userName, userHome }: Pick<ImportContext, "userName" | "userHome"> & { readonly name: string },
): Record<string, unknown> {
  const env = {
    HOME: userHome,
    PATH: CRON_PATH,
    SHELL: CRON_SHELL,
    ...Object.fromEntries(variables),
    // cron sets it, whatever the crontab says.
    LOGNAME: userName,
  };
  const { cwd, rest } = folderIn(command, env.HOME);
  return {
    name,
    ...(stdin === "" ? { run: rest, runtime: runtimeOf(env) } : withStdin(rest, { stdin, env })),
    cwd,
    // cron runs a command once, whatever comes of it.
    retries: 0,
    environment: "clear",
    env: verbatim(env),
  };
}

function runtimeOf({ SHELL, PATH }: { readonly SHELL: string; readonly PATH: string }): unknown {
  const named = NAMED.get(SHELL);
  const isFound = PATH.split(":").some((folder) => folder === "/bin" || folder === "/usr/bin");
  return named !== undefined && isFound ? named : { command: SHELL };
}

/** A `cd DIR &&` in front becomes the working directory, where DIR is known now. */
function folderIn(command: string, home: string): { readonly cwd: string; readonly rest: string } {
  const [whole, word = ""] =
    /^[ \t]*cd[ \t]+("[^"]*"|'[^']*'|[^\s;&|"'\\]+)[ \t]*&&[ \t]*(?=\S)/.exec(command) ?? [];
  if (whole === undefined) return { cwd: home, rest: command };
  const known = word.startsWith("'")
    ? word
    : word.replace(/^("?)(?:~|\$HOME|\$\{HOME\})(?=\/|"?$)/, `$1${home.replaceAll("$", "$$$$")}`);
  const isPlain = word.startsWith("'") || !/[$`*?[{~\\]/.test(known.slice(word.startsWith('"') ? 1 : 0));
  const [folder = ""] = splitWordsOrNone(known);
  if (!isPlain || folder === "" || folder === "-") return { cwd: home, rest: command };
  const cwd = folder.startsWith("/") ? folder : `${home.replace(/\/$/, "")}/${folder}`;
  return { cwd, rest: command.slice(whole.length) };
}

function splitWordsOrNone(text: string): readonly string[] {
  const words = splitWords(text);
  return words.ok ? words.value : [];
}

/** Shells that read their own input from a here-document. */
const POSIX_SHELL = /\/(?:sh|bash|dash|ash|ksh|mksh|zsh)$/;

/** The shell's own input becomes the text that cron would pass. */
function withStdin(
  command: string,
  { stdin, env }: { readonly stdin: string; readonly env: Parameters<typeof runtimeOf>[0] },
): { readonly run: string; readonly runtime: unknown } {
  let end = "STDIN";
  while (stdin.split("\n").includes(end)) end = `${end}_`;
  const text = `<<'${end}'\n${stdin}${end}\n`;
  if (POSIX_SHELL.test(env.SHELL)) return { run: `exec ${text}${command}\n`, runtime: runtimeOf(env) };
  return {
    run: `exec ${shellWord(env.SHELL)} -c ${shellWord(command)} ${text}`,
    runtime: { command: CRON_SHELL },
  };
}
