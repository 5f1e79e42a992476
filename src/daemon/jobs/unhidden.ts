import { own } from "../../lib/own.ts";
import type { JsonObject } from "../../model/job-data.ts";
import type { Task } from "../../model/task.ts";
import { lastSaved } from "../../run/environment.ts";
import { eventsFile, readEvents, readLastEvents } from "../../run/events.ts";
import { hasHidden } from "../../run/mask.ts";
import { readOutputs } from "../../run/outputs.ts";
import type { Layout } from "../../store/layout.ts";

/*
 * Records hide the values of secrets, and every variable of `envFrom` is one: the folder that a job saves into may be too. A path with a
 * hidden part is of no use to the next job, and so that job gets what the first one wrote, which is still in the folder of its attempt.
 * Any other text stays hidden.
 */

/** The checkpoint for the next attempt of a task as a variable, where the record hides a part of its path. */
export function unhiddenCheckpoint(layout: Layout, { metadata, status }: Task): Record<string, string> {
  const saved = lastSaved(status.attempts);
  if (saved?.checkpoint === undefined || !hasHidden(saved.checkpoint.path)) return {};
  const path = eventsFile(layout.attempt(metadata.id, saved.number));
  // Most often it is among the last lines.
  const found = readLastEvents(path).checkpoint ?? readEvents(path).checkpoint;
  return found === undefined ? {} : { STINT_CHECKPOINT: found.path };
}

/** The outputs of an attempt for its dependents: of files and folders, the whole paths. */
export function unhiddenOutputs(
  { spec: { outputSpecs = {} } }: Task,
  outputs: JsonObject,
  directory: string,
): JsonObject {
  const hidden = Object.entries(outputs).filter(([name, value]) => {
    const type = own(outputSpecs, name)?.type;
    return (type === "file" || type === "dir") && typeof value === "string" && hasHidden(value);
  });
  if (hidden.length === 0) return outputs;
  const file = readOutputs(directory);
  const told = readEvents(eventsFile(directory)).outputs;
  const given = { ...told, ...(file.type === "read" && file.values) } as JsonObject;
  const whole = hidden.flatMap(([name]) => {
    const value = own(given, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...outputs, ...Object.fromEntries(whole) };
}
