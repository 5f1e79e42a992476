import { err, ok, type Result } from "../lib/result.ts";
import { check } from "../model/check.ts";
import { slotName } from "../model/identity.ts";
import { ENGINES, SHELLS } from "../model/kind.ts";
import { MAX_PRIORITY } from "../model/spec.ts";
import { DEFAULT_SETTINGS, type Settings } from "./default-settings.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { fault } from "./fault.ts";
import { countsBy, mapping } from "./mapping.ts";
import { pings, receivers } from "./notice-readers.ts";
import { count, duration, listOf, oneOf, size } from "./readers.ts";
import { orRecognized } from "./recognize/recognize.ts";
import { MAX_ATTEMPTS } from "./retry-readers.ts";
import { DRAFT, type Schema } from "./schema.ts";
import { withShared } from "./schema-parts.ts";
import { gpuSettings } from "./settings-gpus.ts";
import { retentionSettings } from "./settings-retention.ts";
import { workSettings } from "./settings-work.ts";
import { absolutePath } from "./task-readers.ts";
import { textMap } from "./text-map.ts";
import { trackingDefaults } from "./tracking-readers.ts";
import { readFileText } from "./yaml-text.ts";

/** More jobs at a time are assumed to be a typing error. */
export const MAX_JOBS = 4_000;
/** With the longest wait between two tries, this takes more than a week. */
const MAX_TRIES = 1_000;

const notify = mapping({
  start: receivers,
  success: receivers,
  failure: receivers,
  deadLetter: receivers,
  batchEnd: receivers,
  ping: pings,
});

const settingsKeys = mapping(
  {
    jobs: { read: count(1, MAX_JOBS), about: "how many jobs run at a time; default: one for each core" },
    inboxes: { read: listOf(absolutePath), about: "more inbox directories" },
    defaults: {
      read: mapping({
        timeout: { as: "timeoutMs", read: duration() },
        retries: count(0, MAX_ATTEMPTS - 1),
        priority: count(0, MAX_PRIORITY),
        gpus: count(0),
        runtime: oneOf(SHELLS),
        tracking: trackingDefaults,
      }),
      about: "keys for tasks that do not set them",
    },
    container: { read: mapping({ engine: oneOf(ENGINES) }), about: "engine for tasks that name none" },
    gpus: { read: gpuSettings, about: "which GPUs are used" },
    memory: {
      read: mapping({ reserve: { as: "reserveBytes", read: size(0) } }),
      about: "memory to keep free of jobs",
    },
    scheduling: {
      read: mapping({
        ageing: { as: "ageingMs", read: duration() },
        backfill: { as: "backfillMs", read: duration(0) },
      }),
      about: "how fast waiting raises priority; how long others may overtake a big task",
    },
    concurrency: {
      read: mapping({
        slots: countsBy((key) => check(slotName, key).ok, {
          wanted: "a lane and its number",
          example: "{train: 2}",
        }),
        labels: countsBy(isLabelLimit, { wanted: "a label and its number", example: "{pool=night: 2}" }),
        services: count(0, MAX_JOBS),
      }),
      about: "how many tasks of a lane or a label run at a time, and how many services",
    },
    labels: { read: textMap, about: "labels of the supervisor, for the selectors of tasks" },
    notify: { read: notify, about: "notices for every task, in addition to its own" },
    notices: {
      read: mapping({
        tries: { as: "maxTries", read: count(1, MAX_TRIES) },
        firstWait: { as: "firstWaitMs", read: duration() },
        timeout: { as: "timeoutMs", read: duration() },
        commandTimeout: { as: "commandTimeoutMs", read: duration() },
      }),
      about: "how notices are delivered",
    },
    work: { read: workSettings, about: "when jobs are started; running ones continue" },
    retention: { read: retentionSettings, about: "which ended tasks are removed automatically" },
  },
  { old: { on: "notify" } },
);

/** The JSON Schema (draft 2020-12) of a config.yaml. */
export function settingsSchema(): Schema {
  return withShared({ $schema: DRAFT, title: "stint config", ...settingsKeys.schema });
}

/** Reads a config.yaml; for an empty one, returns the defaults. */
export function parseSettings(
  fileText: string,
  { file, userHome }: { file: string; userHome: string },
): Result<Settings, Diagnostic[]> {
  const source = { file, text: fileText };
  const made = readFileText(source, ({ values, faults }) => {
    const [value, second] = values;
    if (faults.length > 0) return err([...faults]);
    if (second !== undefined) return err([fault(second.span, "a second document, wanted one")]);
    if (value === undefined) return ok(DEFAULT_SETTINGS);
    const read = settingsKeys(value, { home: userHome, defaultCwd: userHome, nowMs: 0 });
    return read.ok ? ok(settingsOf(read.value)) : read;
  });
  return orRecognized(made, source, "config");
}

type Given = Extract<ReturnType<typeof settingsKeys>, { ok: true }>["value"];

function settingsOf({ jobs, inboxes, gpus = {}, memory, container, ...given }: Given): Settings {
  const engine = container?.engine;
  const defaults = engine === undefined ? given.defaults : { ...given.defaults, engine };
  const { foreignMaxBytes, serviceGpus, ...devices } = gpus;
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
      ...(serviceGpus !== undefined && { serviceGpus }),
    },
    labels: given.labels ?? DEFAULT_SETTINGS.labels,
    notices: { ...DEFAULT_SETTINGS.notices, ...given.notices, on: given.notify ?? {} },
    work: { ...DEFAULT_SETTINGS.work, ...given.work },
    ...(given.retention !== undefined && { retention: given.retention }),
  };
}

/** The key of a limit: `key` or `key=value`. */
export function isLabelLimit(key: string): boolean {
  return /^[^=]+(=[^]*)?$/.test(key);
}
