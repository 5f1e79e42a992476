import { isScriptName } from "../../model/script-name.ts";
import { isTopKey, OF_CONFIG } from "../slips/known.ts";
import type { FileShape, MarginKey } from "./shape.ts";

/** A kind of file of another tool. */
export interface Foreign {
  readonly what: string;
  /** True where no task with faults can look like it. */
  readonly isSure?: true;
  /** The row that tells it; null where the text is none. */
  readonly tells: (shape: FileShape) => number | null;
  /** What to do with it; the file as a word of a shell. */
  readonly way: (file: string) => string;
}

const tasksOf = (what: string): string =>
  `write ${what} as a task with run:, separate them with ---, and order them with after:`;

const TARGET = "to queue one of its targets: stint submit -- make TARGET";
const RECIPE = "to queue one of its recipes: stint submit -- just RECIPE";
const isSure = true;

/** The kinds of files that people bring, the first that fits counts. */
export const FOREIGN: readonly Foreign[] = [
  {
    what: "a crontab",
    isSure,
    tells: ({ lines }) =>
      firstOf(
        lines,
        (text) => CRONTAB_LINE.test(text),
        (text) => CRONTAB_VARIABLE.test(text),
      ),
    way: (file) => `to import it: stint import crontab ${file}`,
  },
  {
    what: "a systemd unit",
    isSure,
    tells: ({ lines }) => firstOf(lines, (text) => /^\[(?:Unit|Service|Timer|Path|Socket)\]$/.test(text)),
    way: () =>
      "write what ExecStart= starts as run:, and OnCalendar= as cron: of a schedule; for a service see restart:",
  },
  {
    what: "a Dockerfile",
    isSure,
    tells: ({ lines }) =>
      firstOf(
        lines,
        (text) => /^FROM \S+(?: AS \S+)?$/i.test(text),
        (text) => text.startsWith("ARG "),
      ),
    way: () => "build the image, and write container: {image: NAME}",
  },
  {
    what: "an HTML or XML page",
    isSure,
    tells: ({ lines }) => firstOf(lines, (text) => /^<(?:!DOCTYPE|html|\?xml)/i.test(text)),
    way: () => "look at what was downloaded: a link to the file itself is wanted",
  },
  {
    what: "a Kubernetes manifest",
    isSure,
    tells: ({ keys }) => (keys.has("kind") ? rowOf(keys.get("apiVersion")) : null),
    way: () =>
      "write its command as run: (or container: {image: NAME}), limits.memory as memory: 8GiB, backoffLimit as retries:",
  },
  {
    what: "a Compose file",
    tells: ({ keys }) => rowWith(keys.get("services")),
    way: () =>
      "write a task for each service that runs to completion, with container: {image: NAME} and command: […]",
  },
  {
    what: "a GitHub workflow",
    tells: ({ keys }) =>
      keys.has("on") || has(keys.get("jobs"), "runs-on") || has(keys.get("jobs"), "uses")
        ? rowWith(keys.get("jobs"))
        : null,
    way: () => tasksOf("each step"),
  },
  {
    what: "a CI pipeline",
    tells: ({ keys }) =>
      ["workflows", "orbs", "trigger", "pool", "pipelines"].some((key) => keys.has(key))
        ? (rowWith(keys.get("jobs")) ?? rowOf(keys.get("steps")) ?? rowWith(keys.get("pipelines")))
        : null,
    way: () => tasksOf("each step"),
  },
  {
    what: "a GitLab pipeline",
    tells: ({ keys }) =>
      rowOf(keys.get("stages")) ?? first(keys, (key) => has(key, "script") && !isTopKey(key.key)),
    way: () => tasksOf("the script: of each job"),
  },
  {
    what: "a DAG of dagu",
    tells: ({ keys }) => rowOf(keys.get("steps")),
    way: (file) => `to import it: stint import dagu ${file}`,
  },
  {
    what: "a list of tasks",
    tells: ({ keys, lines }) => {
      const key = keys.get("tasks") ?? keys.get("jobs");
      const below = key === undefined ? undefined : lines.find(({ row }) => row > key.row);
      const isOfOurs = ["name", "run", "command", "script"].some((one) => has(key, one));
      return isOfOurs && below?.text.trim().startsWith("-") === true ? rowOf(key) : null;
    },
    way: () => "write each task as a document of its own, with a line --- between two of them",
  },
  {
    what: "a Taskfile",
    tells: ({ keys }) => rowWith(keys.get("tasks")),
    way: () => "to queue one of its tasks: stint submit -- task NAME",
  },
  {
    what: "an Ansible playbook",
    tells: ({ lines }) =>
      lines.some(({ text }) => /^(?:- | {2})hosts:/.test(text))
        ? firstOf(lines, (text) => text.startsWith("- "))
        : null,
    way: (file) => `to queue it: stint submit -- ansible-playbook ${file}`,
  },
  {
    what: "a Snakefile",
    tells: ({ lines }) => lines.find(({ text }) => /^(?:rule|checkpoint) \w+:$/.test(text))?.row ?? null,
    way: (file) => `to queue it: stint submit -- snakemake --cores all -s ${file}`,
  },
  {
    what: "a Makefile",
    isSure,
    tells: ({ lines }) => lines.find(({ text }) => /^\.PHONY\s*:/.test(text))?.row ?? null,
    way: () => TARGET,
  },
  {
    what: "a justfile",
    isSure,
    tells: ({ lines }) => lines.find(({ text }) => /^(?:\w+ := |set \w+ := )/.test(text))?.row ?? null,
    way: () => RECIPE,
  },
  { what: "a Makefile", tells: (shape) => recipe(shape, "\t"), way: () => TARGET },
  { what: "a justfile", tells: (shape) => recipe(shape, " "), way: () => RECIPE },
  {
    what: "a Python program",
    tells: ({ lines }) => firstOf(lines, (text) => /^(?:import [\w.]+|from [\w.]+ import )/.test(text)),
    way: (file) => `to queue it: stint submit ${isScriptName(file) ? "" : "-- python3 "}${file}`,
  },
  {
    what: "a shell script",
    tells: ({ lines }) =>
      firstOf(
        lines,
        (text) => COMMAND.test(text),
        (text) => VARIABLE.test(text) && !isTopKey(text.split("=", 1)[0] ?? ""),
      ),
    way: (file) => `to queue it: stint submit ${isScriptName(file) ? "" : "-- bash "}${file}`,
  },
  {
    what: "a list of environment variables",
    tells: ({ lines }) =>
      lines.every(({ text }) => /^(?:export )?[A-Z_][A-Z0-9_]*=/.test(text)) ? (lines[0]?.row ?? null) : null,
    way: (file) => `name it in a task: envFrom: {file: ${file}}`,
  },
];

/** Five fields of cron, or `@daily`, and a command. */
const CRONTAB_LINE =
  /^-?(?:@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|[\d*][\d*,/-]*[ \t]+[\d*][\d*,/-]*[ \t]+[\d*?][\dLW*,/-]*[ \t]+[\w*][\w*,/-]*[ \t]+[\w*?][\w*,/#-]*)[ \t]+\S/;
/** Blanks may stand around the sign, and quotes around the name. */
const CRONTAB_VARIABLE = /^(["']?)[A-Za-z_]\w*\1[ \t]*=/;
const VARIABLE = /^(?:export )?[A-Za-z_]\w*=/;
/** Words that begin a command of a shell and no key. */
const COMMAND =
  /^(?:set -|export \w|cd |source |\. \/|if |for |while |case |function |echo |mkdir |rm |cp |mv |module |conda |python[\d.]* |pip |bash |sh |make |curl |wget |git |srun |mpirun |sleep |sudo |exec |trap |\[ |\[\[ )/;

/** The first line that is none of those that may stand above, if it passes. */
function firstOf(
  lines: FileShape["lines"],
  isIt: (text: string) => boolean,
  isAbove: (text: string) => boolean = () => false,
): number | null {
  const found = lines.find(({ text }) => !isAbove(text.trim()));
  return found !== undefined && isIt(found.text.trim()) ? found.row : null;
}

/** The first recipe of a file whose margin has no key of stint; its lines begin with a tab or a blank. */
function recipe({ lines, keys }: FileShape, indent: string): number | null {
  if ([...keys.keys()].some((key) => isTopKey(key) || OF_CONFIG.has(key))) return null;
  return lines.some(({ text }) => text.startsWith(indent)) ? first(keys, ({ hasRecipe }) => hasRecipe) : null;
}

function first(keys: FileShape["keys"], isIt: (key: MarginKey) => boolean): number | null {
  return [...keys.values()].find(isIt)?.row ?? null;
}

function rowOf(key: MarginKey | undefined): number | null {
  return key?.row ?? null;
}

/** The same of a key with a mapping below it. */
function rowWith(key: MarginKey | undefined): number | null {
  return key !== undefined && key.below.size > 0 ? key.row : null;
}

function has(key: MarginKey | undefined, below: string): boolean {
  return key?.below.has(below) === true;
}
