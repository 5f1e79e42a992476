import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault } from "../fault.ts";

/** What stint needs to know of a task of pueue. */
export interface PueueTask {
  readonly id: number;
  readonly command: string;
  readonly path: string;
  /** Empty where pueue does not tell it. */
  readonly envs: Readonly<Record<string, string>>;
  readonly group: string;
  readonly dependencies: readonly number[];
  readonly priority: number;
  readonly label: string | null;
  /** `Queued`, `Stashed`, `Running`, `Paused`, `Locked`, `Done`. */
  readonly state: string;
  /** Of one that has ended. */
  readonly isSuccess: boolean;
  /** When one that is stashed is to be enqueued; RFC 3339. */
  readonly startsAt: string | null;
}

interface PueueGroup {
  readonly isPaused: boolean;
  /** 0 for no limit. */
  readonly parallel: number;
}

interface PueueQueue {
  readonly tasks: readonly PueueTask[];
  readonly groups: ReadonlyMap<string, PueueGroup>;
}

type Data = Readonly<Record<string, unknown>>;

/** What a task has in pueue's own environment for it. */
const OF_PUEUE = /^(?:PUEUE_|_$|SHLVL$|OLDPWD$|PWD$)/;
const STATES = ["Queued", "Stashed", "Running", "Paused", "Locked", "Done"];

/** Reads `pueue status --json` of the versions 2 to 4: in 4 a status is always a mapping with its times. */
export function pueueQueue(text: string): Result<PueueQueue, Fault> {
  const wrong = (what: string, hint = "pueue status --json > FILE"): Result<never, Fault> =>
    err(fault({ start: 0, end: 1 }, what, hint));
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return wrong("the text is not JSON, wanted what `pueue status --json` prints");
  }
  if (!isData(data) || !isData(data["tasks"]) || !isData(data["groups"] ?? {}))
    return wrong("the JSON has no tasks, wanted what `pueue status --json` prints");
  const tasks: PueueTask[] = [];
  for (const [key, raw] of Object.entries(data["tasks"])) {
    const task = isData(raw) ? taskIn(raw) : null;
    if (task === null)
      return wrong(
        `the task ${key} cannot be read, wanted id, command, path and status as pueue 2 to 4 has them`,
        "queue its command by hand: stint submit -- COMMAND",
      );
    tasks.push(task);
  }
  const groups = Object.entries((data["groups"] ?? {}) as Data).map(
    ([name, raw]) => [name, groupIn(raw)] as const,
  );
  return ok({ tasks: tasks.toSorted((left, right) => left.id - right.id), groups: new Map(groups) });
}

function taskIn(raw: Data): PueueTask | null {
  const { id, command, original_command: original, path, envs, group, dependencies, priority, label } = raw;
  const line = typeof command === "string" ? command : original;
  const [state, detail] = statusIn(raw["status"]);
  if (typeof id !== "number" || typeof line !== "string" || typeof path !== "string") return null;
  if (!STATES.includes(state)) return null;
  const result = isData(detail) ? detail["result"] : detail;
  const at = isData(detail) ? detail["enqueue_at"] : null;
  return {
    id,
    command: line,
    path,
    envs: isData(envs) ? ownVariables(envs) : {},
    group: typeof group === "string" ? group : "default",
    dependencies: Array.isArray(dependencies) ? dependencies.filter((one) => typeof one === "number") : [],
    priority: typeof priority === "number" ? priority : 0,
    label: typeof label === "string" && label !== "" ? label : null,
    state,
    isSuccess: result === "Success",
    startsAt: state === "Stashed" && typeof at === "string" ? at : null,
  };
}

/** `"Queued"`, or `{"Queued": {…}}`. */
function statusIn(status: unknown): [state: string, detail: unknown] {
  if (typeof status === "string") return [status, null];
  const [first = ["", null]] = isData(status) ? Object.entries(status) : [];
  return first;
}

function ownVariables(envs: Data): Record<string, string> {
  const own = Object.entries(envs).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && !OF_PUEUE.test(entry[0]),
  );
  return Object.fromEntries(own);
}

/** Of version 2, a group is its status alone. */
function groupIn(raw: unknown): PueueGroup {
  const status = isData(raw) ? raw["status"] : raw;
  const parallel = isData(raw) && typeof raw["parallel_tasks"] === "number" ? raw["parallel_tasks"] : 1;
  return { isPaused: status === "Paused", parallel };
}

function isData(data: unknown): data is Data {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
