import { resolve } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import { check } from "../model/check.ts";
import { slotName } from "../model/identity.ts";
import { ENGINES } from "../model/kind.ts";
import { MAX_PRIORITY } from "../model/spec.ts";
import { DEFAULT_SETTINGS, type Settings } from "./default-settings.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { pings, receivers } from "./notice-readers.ts";
import { count, duration, listOf, oneOf, type ReadContext, size, text } from "./readers.ts";
import { MAX_ATTEMPTS } from "./retry-readers.ts";
import { countsBy, section } from "./section.ts";
import { gpuSettings } from "./settings-gpus.ts";
import { retentionSettings } from "./settings-retention.ts";
import { workSettings } from "./settings-work.ts";
import { textMap } from "./text-map.ts";
import { describe, type Value } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/** More jobs than this at a time is a slip of the finger. */
export const MAX_JOBS = 4_000;
/** At the longest wait between two, more than a week of trying. */
const MAX_TRIES = 1_000;

const settingsKeys = section({
  jobs: { name: "jobs", read: count(1, MAX_JOBS) },
  inboxes: { name: "inboxes", read: listOf(inboxPath) },
  defaults: {
    name: "defaults",
    read: section({
      timeout: { name: "timeoutMs", read: duration() },
      retries: { name: "retries", read: count(0, MAX_ATTEMPTS - 1) },
      priority: { name: "priority", read: count(0, MAX_PRIORITY) },
      gpus: { name: "gpus", read: count(0) },
    }),
  },
  container: {
    name: "container",
    read: section({ engine: { name: "engine", read: oneOf(ENGINES) } }),
  },
  gpus: { name: "gpus", read: gpuSettings },
  memory: { name: "memory", read: section({ reserve: { name: "reserveBytes", read: size(0) } }) },
  scheduling: {
    name: "scheduling",
    read: section({
      ageing: { name: "ageingMs", read: duration() },
      backfill: { name: "backfillMs", read: duration(0) },
    }),
  },
  concurrency: {
    name: "concurrency",
    read: section({
      slots: { name: "slots", read: countsBy(isSlot, "a lane and its number, such as {train: 2}") },
      labels: { name: "labels", read: countsBy(isLabel, "a label and its number, such as {pool=night: 2}") },
    }),
  },
  labels: { name: "labels", read: textMap },
  on: {
    name: "on",
    read: section({
      start: { name: "start", read: receivers },
      success: { name: "success", read: receivers },
      failure: { name: "failure", read: receivers },
      deadLetter: { name: "deadLetter", read: receivers },
      batchEnd: { name: "batchEnd", read: receivers },
      ping: { name: "ping", read: pings },
    }),
  },
  notices: {
    name: "notices",
    read: section({
      tries: { name: "maxTries", read: count(1, MAX_TRIES) },
      firstWait: { name: "firstWaitMs", read: duration() },
      timeout: { name: "timeoutMs", read: duration() },
      commandTimeout: { name: "commandTimeoutMs", read: duration() },
    }),
  },
  work: { name: "work", read: workSettings },
  retention: { name: "retention", read: retentionSettings },
});

/** Reads a config.yaml; an empty one gives the defaults. */
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
  if (value === undefined) return ok(DEFAULT_SETTINGS);
  const read = settingsKeys(value, { home: userHome, defaultCwd: userHome, nowMs: 0 });
  return read.ok ? ok(settingsOf(read.value)) : err(diagnose(source, read.error));
}

type Given = Extract<ReturnType<typeof settingsKeys>, { ok: true }>["value"];

function settingsOf({ jobs, inboxes, gpus = {}, memory, container, ...given }: Given): Settings {
  const engine = container?.engine;
  const defaults = engine === undefined ? given.defaults : { ...given.defaults, engine };
  const { foreignMaxBytes, ...devices } = gpus;
  return {
    ...(jobs !== undefined && { jobs }),
    inboxes: inboxes ?? DEFAULT_SETTINGS.inboxes,
    ...(defaults !== undefined && { defaults }),
    devices: { ...DEFAULT_SETTINGS.devices, ...devices },
    memoryReserveBytes: memory?.reserveBytes ?? DEFAULT_SETTINGS.memoryReserveBytes,
    policy: {
      ...DEFAULT_SETTINGS.policy,
      ...given.scheduling,
      ...given.concurrency,
      ...(foreignMaxBytes !== undefined && { foreignMaxBytes }),
    },
    labels: given.labels ?? DEFAULT_SETTINGS.labels,
    notices: { ...DEFAULT_SETTINGS.notices, ...given.notices, on: given.on ?? {} },
    work: { ...DEFAULT_SETTINGS.work, ...given.work },
    ...(given.retention !== undefined && { retention: given.retention }),
  };
}

function isSlot(key: string): boolean {
  return check(slotName, key).ok;
}

/** `key` or `key=value`. */
function isLabel(key: string): boolean {
  return /^[^=]+(=[^]*)?$/.test(key);
}

/** Absolute, or under the user's home: relative to what would be anybody's guess. */
function inboxPath(value: Value, { home }: ReadContext): Result<string, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  if (read.value.startsWith("~/")) return ok(resolve(home, read.value.slice(2)));
  return read.value.startsWith("/")
    ? ok(resolve(read.value))
    : refuse(value, `is ${describe(value)}, wanted an absolute path`, "begin it with / or ~/");
}
