import { groupMeant, type TellNewest } from "../desk/groups.ts";
import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import type { Problem } from "../model/errors.ts";
import { className, classNamed, FAILURE_CLASSES, FAILURE_CODES } from "../model/failure.ts";
import type { Query } from "../model/query.ts";
import { directoryOf, PLACES, RECORDED_STATES, STATES, type State } from "../model/state.ts";
import type { Layout } from "../store/layout.ts";
import type { LookOptions } from "../store/outlines.ts";
import type { FlagValues, Operand, ValueType } from "./command-line/declare.ts";
import { DURATION, PAIR, textValue } from "./command-line/values.ts";

/** The operands of a verb on many tasks. */
export const TASKS: Operand = {
  name: "TASK",
  count: "any",
  help: "numbers, ids, names, lists (6,10), ranges (3-7), @ (the last submitted), @~1 (the one before)",
  completes: "tasks",
};

/** The task that was submitted last. */
export const LAST = "@";

/** A reference to a sweep, or a group that several submissions filled. */
export const GROUP: ValueType<string> = {
  ...textValue("GROUP", "the name of a sweep or group, or the number of one of its tasks"),
  completes: "sweeps",
};

/** Names for several states, and other spellings. The folder running/ has all active states. */
const STATE_NAMES: Readonly<Record<string, readonly State[]>> = {
  ...Object.fromEntries(STATES.map((state) => [state, [state]])),
  ...Object.fromEntries(
    PLACES.map((place) => [place, STATES.filter((state) => directoryOf(state) === place)]),
  ),
  canceled: ["cancelled"],
};

/** What help and completion offer. */
const OFFERED_STATES = [...new Set([...RECORDED_STATES, ...PLACES])];

const STATE: ValueType<readonly State[]> = {
  placeholder: "STATE",
  choices: OFFERED_STATES,
  wanted: `one of ${OFFERED_STATES.join(", ")}, or several with commas between them`,
  near: (typed) => {
    const near = nearState(
      typed.split(",").find((name) => own(STATE_NAMES, name.toLowerCase()) === undefined) ?? "",
    );
    return near === null ? null : `did you mean ${near}?`;
  },
  read: (typed) => {
    const states = typed.split(",").map((name) => own(STATE_NAMES, name.toLowerCase()));
    return states.includes(undefined) ? null : states.flatMap((some) => some ?? []);
  },
};

/** `fail` and `R` begin the names of states. */
function nearState(typed: string): string | null {
  const word = typed.toLowerCase();
  const begun = OFFERED_STATES.filter((state) => word !== "" && state.startsWith(word));
  return (begun.length === 1 ? begun[0] : closest(word, OFFERED_STATES)) ?? null;
}

const CLASS_NAMES = FAILURE_CLASSES.map(className);
const FAILURE_NAMES = [...CLASS_NAMES, ...FAILURE_CODES.map((code) => code.toLowerCase())];

/** A class or a code, in any case, with `-` or `_`. */
const FAILURE: ValueType<string> = {
  placeholder: "CLASS",
  wanted: `a failure class (${CLASS_NAMES.join(", ")}) or a failure code like gpu_oom`,
  choices: FAILURE_NAMES,
  read: (typed) => {
    const normal = typed.replaceAll("-", "_").toLowerCase();
    return FAILURE_NAMES.includes(normal) || normal === "code" ? classNamed(normal) : null;
  },
};

/** The flags that select tasks by their properties. */
export const SELECTOR_FLAGS = {
  state: {
    value: STATE,
    repeats: true,
    group: "Select",
    help: "in these states (failed,cancelled) or folders of the home (dead-letter)",
  },
  failed: { group: "Select", help: "failed tasks" },
  class: { value: FAILURE, group: "Select", help: "failed with this class or code, such as gpu-oom" },
  label: {
    value: { ...PAIR, completes: "labels" },
    repeats: true,
    group: "Select",
    help: "with these labels",
  },
  name: {
    value: { ...textValue("PATTERN", "the name of a task; * stands for any characters"), completes: "names" },
    group: "Select",
    help: "with this name; * matches anything",
  },
  since: { value: DURATION, group: "Select", help: "changed within DURATION, such as 12h" },
  slot: {
    value: { ...textValue("NAME", "the name of a lane"), completes: "lanes" },
    aliases: ["lane"],
    group: "Select",
    help: "in this lane",
  },
  topic: {
    value: { ...textValue("NAME", "the name of a topic"), completes: "topics" },
    group: "Select",
    help: "with this topic",
  },
  group: {
    value: GROUP,
    group: "Select",
    help: "members of a sweep or group, by its name or a member's number",
  },
} as const;

export type SelectorFlags = FlagValues<typeof SELECTOR_FLAGS>;

/** Turns selector flags into a query; null where none was given. */
export function queryOf(
  flags: SelectorFlags,
  {
    layout,
    nowMs,
    ...options
  }: {
    readonly layout: Layout;
    readonly nowMs: number;
    readonly tellNewest?: TellNewest | undefined;
  } & Pick<LookOptions, "onProgress">,
): Result<Query | null, Problem> {
  const states = statesOf(flags);
  const group = flags.group === undefined ? ok(null) : groupMeant(layout, flags.group, options);
  if (!group.ok) return err(group.error);
  const query: Query = {
    ...group.value?.query,
    ...(states !== null && { states }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.slot !== undefined && { slot: flags.slot }),
    ...(flags.topic !== undefined && { topic: flags.topic }),
    ...(flags.label !== undefined && { labels: Object.fromEntries(flags.label) }),
    ...(flags.class !== undefined && { failure: flags.class }),
    ...(flags.since !== undefined && { sinceMs: nowMs - flags.since }),
  };
  return ok(Object.keys(query).length === 0 ? null : query);
}

/** The states that flags ask for: several `--state` are alternatives, and `--failed` is a further condition; null for all. */
function statesOf({ state, failed }: SelectorFlags): readonly State[] | null {
  const wanted = state?.flat() ?? STATES;
  if (failed === true) return wanted.filter((one) => one === "failed");
  return state === undefined ? null : wanted;
}
