import { resolve } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { MAX_PRIORITY } from "../model/spec.ts";
import type { Defaults } from "./candidate.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { camelCase } from "./key-names.ts";
import { count, duration, listOf, type Reader, type Surroundings, text } from "./readers.ts";
import { MAX_ATTEMPTS } from "./retry-readers.ts";
import { describe, isUnspecified, type Value } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/** More jobs than this at a time is a slip of the finger. */
export const MAX_JOBS = 1_000;

/** What config.yaml says of a home. */
export interface Settings {
  /** How many jobs at a time; absent means one a core. */
  readonly jobs?: number;
  /** Folders to take task files from beside the home's own; absolute. */
  readonly inboxes: readonly string[];
  /** For tasks that do not say it themselves. */
  readonly defaults?: Defaults;
}

const DEFAULT_KEYS = {
  timeout: { name: "timeoutMs", read: duration() },
  retries: { name: "retries", read: count(0, MAX_ATTEMPTS - 1) },
  priority: { name: "priority", read: count(0, MAX_PRIORITY) },
} as const;

const KEYS = {
  jobs: { name: "jobs", read: count(1, MAX_JOBS) },
  inboxes: { name: "inboxes", read: listOf(inboxPath) },
  defaults: {
    name: "defaults",
    read: (value, surroundings) => section(value, { keys: DEFAULT_KEYS, surroundings }),
  },
} as const satisfies Record<string, SettingsKey>;

interface SettingsKey {
  readonly name: string;
  readonly read: Reader<unknown>;
}

/** Reads a config.yaml; an empty one, or none at all (the empty text), gives the defaults. */
export function parseSettings(
  fileText: string,
  { file, userHome }: { file: string; userHome: string },
): Result<Settings, Diagnostic[]> {
  const source = { file, text: fileText.replace(/^\uFEFF/, "") };
  const documents = readYaml(source.text);
  if (!documents.ok) return err(diagnose(source, documents.error));
  const { values, faults } = documents.value;
  const [value, second] = values;
  if (faults.length > 0) return err(diagnose(source, faults));
  if (second !== undefined)
    return err(diagnose(source, [fault(second.span, "a second document, wanted one")]));
  if (value === undefined) return ok({ inboxes: [] });
  const read = section(value, {
    keys: KEYS,
    surroundings: { home: userHome, defaultCwd: userHome, nowMs: 0 },
  });
  return read.ok
    ? ok({ inboxes: [], ...(read.value as Partial<Settings>) })
    : err(diagnose(source, read.error));
}

interface Section {
  readonly keys: Readonly<Record<string, SettingsKey>>;
  readonly surroundings: Surroundings;
}

function section(value: Value, { keys, surroundings }: Section): Result<Record<string, unknown>, Fault[]> {
  const names = Object.keys(keys);
  if (value.type !== "mapping") {
    const message = `is ${describe(value)}, wanted a mapping with ${names.join(", ")}`;
    return value.path === "" ? err([fault(value.span, `the document ${message}`)]) : refuse(value, message);
  }
  const faults: Fault[] = [];
  const result: Record<string, unknown> = {};
  for (const { key, span, value: given } of value.entries) {
    const found = Object.hasOwn(keys, camelCase(key)) ? keys[camelCase(key)] : undefined;
    if (found === undefined) {
      const near = closest(key, names);
      faults.push(
        fault(
          span,
          `"${given.path}" is unknown, wanted ${names.join(", ")}`,
          near === null ? undefined : `did you mean ${near}?`,
        ),
      );
      continue;
    }
    if (isUnspecified(given)) continue;
    const read = found.read(given, surroundings);
    if (read.ok) result[found.name] = read.value;
    else faults.push(...read.error);
  }
  return faults.length > 0 ? err(faults) : ok(result);
}

/** Absolute, or under the user's home: relative to what would be anybody's guess. */
function inboxPath(value: Value, { home }: Surroundings): Result<string, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  if (read.value.startsWith("~/")) return ok(resolve(home, read.value.slice(2)));
  return read.value.startsWith("/")
    ? ok(resolve(read.value))
    : refuse(value, `is ${describe(value)}, wanted an absolute path`, "begin it with / or ~/");
}
