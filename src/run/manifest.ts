import type { EndedAttempt } from "../model/attempt.ts";
import type { Collected } from "../model/collected.ts";
import type { Task } from "../model/task.ts";

/** Such as `RunManifest`, for other programs: a larger one has other fields. */
const MANIFEST_VERSION = 1;

/**
 * The text of `run_manifest.json`: what ran, with what, and what came of it. It is written where results were collected, and stays with the
 * artifacts when the record is cleaned up; of all other attempts the record says all that there is to say.
 */
export function manifestText(
  { metadata, spec }: Task,
  attempt: EndedAttempt,
  { artifactsTotal, notes, isDiskFull: _transient, ...parts }: Collected,
): string {
  const { id, name, labels, group, createdAt, createdBy, environment } = metadata;
  const { env, ...kind } = spec.kind;
  const { keep } = spec.artifacts ?? {};
  // The log has a file of its own, and the others belong to the supervisor.
  const { logTail: _log, token: _token, supervisor: _supervisor, hostBootId: _boot, ...ran } = attempt;
  const manifest = {
    manifestVersion: MANIFEST_VERSION,
    task: {
      id,
      name,
      labels,
      ...(group !== undefined && { group }),
      createdAt,
      createdBy,
      ...(keep !== undefined && { keep }),
    },
    // Values of variables may be secrets, and a manifest is handed on with the artifacts.
    kind: { ...kind, env: Object.keys(env) },
    ...(environment !== undefined && { environment }),
    ...(spec.inputs !== undefined && { inputs: spec.inputs }),
    attempt: ran,
    ...parts,
    ...(artifactsTotal !== undefined && { artifactsTotal }),
    notes,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
