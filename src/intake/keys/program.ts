import { environmentSources } from "../environment-readers.ts";
import { args, command, runText } from "../program-readers.ts";
import { text, yesOrNo } from "../readers.ts";
import { runtime } from "../runtime.ts";
import { environmentReader, folder, taskNameReader, umask } from "../task-readers.ts";
import { textMap } from "../text-map.ts";
import type { Fields } from "./field.ts";

const isVerbatim = true;
const hasNoDefault = true;
const isOurs = true;

/** What is run, and in which context. */
export const PROGRAM_FIELDS: Fields = {
  name: {
    read: taskNameReader,
    to: ["name"],
    about: "name of the task",
    more: "letters, digits, `.`, `_`, `-`; a letter first",
    without: "derived from the command",
    flag: { group: "Task", placeholder: "NAME" },
    also: { jobName: {} },
    isVerbatim,
    hasNoDefault,
    isFixed: "submit it again: stint submit --from ID --name NAME",
  },
  run: { read: runText, to: ["program", "run"], about: "a shell line", isVerbatim, hasNoDefault },
  command: {
    read: command,
    to: ["program", "command"],
    about: "a program with its arguments",
    more: "a list",
    also: { "container.command": { isOurs } },
    hasNoDefault,
  },
  args: {
    read: args,
    to: ["program", "args"],
    about: "more arguments",
    more: "of `command` or `script`: a list, or a line",
    also: { "container.args": { isOurs } },
    hasNoDefault,
  },
  script: {
    read: text,
    to: ["program", "script"],
    about: "the body of a script",
    more: "`runtime` interprets it",
    isVerbatim,
    hasNoDefault,
  },
  runtime: {
    read: runtime,
    to: ["program", "runtime"],
    about: "interpreter of `run` or `script`",
    more: "sh, bash, python, node, bun, or `{command, flag}`",
    without:
      "the one that the `#!` line names, else bash where the machine has it, else sh; in a container sh",
    also: { interpreter: {} },
    hasNoDefault,
  },
  cwd: {
    read: folder,
    to: ["spec", "kind", "cwd"],
    about: "working directory",
    without: "the folder that you submit from; from the inbox your home directory",
    flag: { group: "Task", placeholder: "DIR", short: "D", aliases: ["chdir", "working-directory"] },
    completes: "folders",
    isVerbatim,
    show: null,
  },
  env: {
    read: textMap,
    to: ["spec", "kind", "env"],
    about: "environment variables of the job",
    flag: { group: "Task", placeholder: "NAME=VALUE", repeats: true, short: "e" },
    also: { "container.env": { isOurs } },
    isVerbatim,
    isOpen: true,
  },
  envFrom: {
    read: environmentSources,
    to: ["spec", "kind", "envFrom"],
    about: "variables whose values are kept out of records",
    more: "`{file: PATH}`, `{env: [NAMES]}` or a list of them; see `stint help secrets`",
  },
  environment: {
    read: environmentReader,
    to: ["spec", "kind", "environment"],
    about: "environment that the variables are added to",
    more: "`inherit` (the submitter's), `clear`, or a list of names to inherit",
    without: "inherit; for a container clear",
  },
  umask: {
    read: umask,
    to: ["spec", "kind", "umask"],
    about: "umask of the job",
    more: "three octal digits; no effect in a container",
    without: "that of the submitter",
    isVerbatim,
    kind: "subprocess",
    show: null,
  },
  failOnNonZero: {
    read: yesOrNo,
    to: ["spec", "kind", "failOnNonZero"],
    about: "whether an exit code other than 0 is a failure",
    without: "true",
  },
};
