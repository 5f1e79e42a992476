import { type Fault, fault } from "../fault.ts";
import { camelCase, type Entry, type MappingValue, type Value } from "../value.ts";

/** Of a DAG and of a step: what says nothing on how it runs, or has a place of its own in stint. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  "description group tags labels histRetentionDays logDir logOutput maxActiveRuns maxActiveSteps maxCleanUpTimeSec mailOn mailOnError errorMail infoMail smtp queue".split(
    " ",
  ),
);

export const SUB_DAG = "import the other file too, and name its tasks in after:";
const AS_COMMAND = "write it as a command, or leave the step out";

/** What has no counterpart, and the way out. */
const REFUSED: Readonly<Record<string, string>> = {
  preconditions: "test it in the command: [ -f FILE ] || exit 0",
  precondition: "test it in the command: [ -f FILE ] || exit 0",
  delaySec: "write notBefore: in the task file",
  dotenv: "write envFrom: {file: PATH} in the task file, see stint help secrets",
  secrets: "write envFrom: in the task file, see stint help secrets",
  container: "write container: {image: NAME} in the task file, see stint help containers",
  executor: AS_COMMAND,
  action: AS_COMMAND,
  type: AS_COMMAND,
  call: SUB_DAG,
  output: "write it into a file that the next step reads",
  outputs: "write it into a file that the next step reads",
  parallel: "write matrix: in the task file, see stint help sweeps",
  repeatPolicy: "write restart: always:10m in the task file, or make it a schedule",
  stdout: "redirect in the command (> FILE); stint logs has the output too",
  stderr: "redirect in the command (2> FILE); stint logs has the output too",
  approval: "write hold: true in the task file, and stint release lets it start",
  skipIfSuccessful: "test in the command whether there is work",
};

/** The value of a key in camelCase or with underscores; undefined where there is none. */
export function valueAt(of: MappingValue, ...names: readonly string[]): Value | undefined {
  return of.entries.find(({ key, value }) => names.includes(camelCase(key)) && !isNothing(value))?.value;
}

function isNothing(value: Value): boolean {
  return value.type === "scalar" && value.data === null;
}

/** Faults of the keys of a DAG, a step or a handler that have no counterpart; `left` gets those that need none. */
export function keyFaults(
  of: MappingValue,
  { used, more = {}, left }: { used: readonly string[]; more?: typeof REFUSED; left: Set<string> },
): Fault[] {
  return of.entries.flatMap((entry): Fault[] => {
    const key = camelCase(entry.key);
    if (isNothing(entry.value) || used.includes(key)) return [];
    if (!LEFT_OUT.has(key)) return [noCounterpart(entry, more[key] ?? REFUSED[key])];
    left.add(entry.key);
    return [];
  });
}

/** The fault of a key that means nothing here; `under` is the key that it is below, with a dot. */
export function noCounterpart({ key, span }: Pick<Entry, "key" | "span">, hint?: string, under = ""): Fault {
  return fault(span, `"${under}${key}" has no counterpart in stint`, hint);
}
