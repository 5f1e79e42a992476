import { parseBytes } from "../../lib/bytes.ts";
import { parseDuration } from "../../lib/duration.ts";
import { type Meant, meantDuration, meantSize, sizeWithUnit } from "../../lib/meant-amount.ts";
import { definitionNamed } from "../../model/definition.ts";
import { MAX_NAME_LENGTH, NAME_PATTERN } from "../../model/identity.ts";
import type { ValueType } from "./declare.ts";

/** Any text but the empty one, which in a script is a variable that was not set. */
export function textValue(placeholder: string, wanted = "text that is not empty"): ValueType<string> {
  return { placeholder, wanted, read: (typed) => (typed === "" ? null : typed) };
}

/** A reference to a task. */
export const TASK: ValueType<string> = {
  ...textValue("TASK", "the number, id or name of a task"),
  completes: "tasks",
};

/** A name as tasks have it. */
export const NEW_NAME: ValueType<string> = {
  placeholder: "NAME",
  wanted: `letters, digits, . _ and -, a letter first, ${MAX_NAME_LENGTH} at most`,
  read: (typed) => (NAME_PATTERN.test(typed) && typed.length <= MAX_NAME_LENGTH ? typed : null),
};

/** A group that several submissions fill. */
export const GROUP_NAME: ValueType<string> = { ...NEW_NAME, placeholder: "GROUP", completes: "openGroups" };

/** A definition, or one version of it. */
export const DEFINITION: ValueType<string> = {
  placeholder: "NAME[@VERSION]",
  wanted: "a definition such as train or train@3",
  read: (typed) => (definitionNamed(typed) === null ? null : typed),
  completes: "definitions",
};

export const DURATION: ValueType<number> = {
  placeholder: "DURATION",
  wanted: "a duration such as 90s, 12h or 2d",
  read: parseDuration,
  near: (typed) =>
    /^\d+$/.test(typed) ? `add a unit: ${typed}d, ${typed}h or ${typed}m` : written(meantDuration(typed)),
};

export const SIZE: ValueType<number> = {
  placeholder: "SIZE",
  wanted: "a size such as 512MiB or 50GB",
  read: parseBytes,
  near: (typed) => (/^\d+$/.test(typed) ? `write ${sizeWithUnit(typed)}` : written(meantSize(typed))),
};

function written(meant: Meant | null): string | null {
  return meant === null ? null : (meant.hint ?? `write ${meant.text}`);
}

/** `NAME=VALUE`; the value may be empty. */
export const PAIR: ValueType<readonly [string, string]> = pairOf("NAME=VALUE");

/** A key of the task file with its value. */
export const KEY_VALUE: ValueType<readonly [string, string]> = pairOf("KEY=VALUE");

function pairOf(wanted: string): ValueType<readonly [string, string]> {
  return {
    placeholder: wanted,
    wanted,
    read: (typed) => {
      const cut = typed.indexOf("=");
      return cut < 1 ? null : [typed.slice(0, cut), typed.slice(cut + 1)];
    },
  };
}

/** A whole number between two bounds, both included. */
export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): ValueType<number> {
  return {
    placeholder: "N",
    wanted: `a whole number${most === Number.MAX_SAFE_INTEGER ? `, at least ${least}` : ` from ${least} to ${most}`}`,
    read: (typed) =>
      /^\d{1,16}$/.test(typed) && Number(typed) >= least && Number(typed) <= most ? Number(typed) : null,
  };
}

/** One word of a list. */
export function wordValue<const T extends string>(choices: readonly T[], placeholder: string): ValueType<T> {
  return {
    placeholder,
    choices,
    wanted: `one of ${choices.join(", ")}`,
    read: (typed) => choices.find((choice) => choice === typed) ?? null,
  };
}
