import { OF_CONFIG } from "../slips/known.ts";
import { camelCase } from "../value.ts";
import { readYaml } from "../yaml-text.ts";
import { type FileShape, shapeOf } from "./shape.ts";

/** What a file of stint's own is. */
export const FORMS = ["task", "schedule", "config"] as const;
export type Form = (typeof FORMS)[number];

/** Keys that every schedule has one of, and no task. */
const OF_SCHEDULES: ReadonlySet<string> = new Set(["cron", "every", "task"]);
/** Keys of a task that say that a file is one, whatever else it has. */
const OF_TASKS: ReadonlySet<string> = new Set(
  "run command script args image spec matrix jobName definition opDefinition op_definition".split(" "),
);

/** What the keys of a document say that it is. */
export function formOfKeys(typed: Iterable<string>): Form {
  const keys = [...typed].map(camelCase);
  if (keys.some((key) => OF_TASKS.has(key))) return "task";
  if (keys.some((key) => OF_SCHEDULES.has(key))) return "schedule";
  return keys.some((key) => OF_CONFIG.has(key)) ? "config" : "task";
}

/** True for the keys of a task with one of a schedule beside them, and not around them. */
export function isTaskWithTimes(keys: ReadonlyMap<string, unknown>): boolean {
  return !keys.has("task") && [...keys.keys()].some((key) => OF_TASKS.has(camelCase(key)));
}

/** True where `jobs:` has jobs below it, as in a workflow of another tool: in a config.yaml it is a number. */
export function hasJobsBelow({ keys }: FileShape): boolean {
  return (keys.get("jobs")?.below.size ?? 0) > 0;
}

/** What a text is, with or without faults; a file that is called config.yaml and has no key of a task is one. */
export function formOf(text: string, file: string): Form {
  const keys = keysOf(text);
  const isNamed = /(?:^|\/)config\.ya?ml$/.test(file);
  const told = formOfKeys(keys);
  const form = told === "config" && !isNamed && hasJobsBelow(shapeOf(text)) ? "task" : told;
  return isNamed && form === "task" && !keys.some((key) => OF_TASKS.has(camelCase(key))) ? "config" : form;
}

function keysOf(text: string): string[] {
  const documents = readYaml(text);
  const [first] = documents.ok ? documents.value.values : [];
  if (first?.type === "mapping") return first.entries.map(({ key }) => key);
  return [...shapeOf(text).keys.keys()];
}
