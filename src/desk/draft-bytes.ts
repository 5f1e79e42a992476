import { resolve } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "../model/errors.ts";
import type { Draft } from "../model/submission.ts";
import { matchingNames, namesFromSubmitter } from "../run/secrets.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";
import { mangledVariables, refuseFolder, shown, TAKEN } from "./not-utf8.ts";

/** Set by stint for each job. */
const REPLACED_FOR_JOBS = "PWD";

/** Refuses drafts whose folder or inherited variables are not UTF-8. */
export function refuseMangled(
  caller: Pick<Caller, "cwd" | "env">,
  drafts: readonly Draft[],
): Result<null, Problem> {
  const here = drafts.some(({ spec }) => resolve(spec.kind.cwd).startsWith(caller.cwd));
  const folder = here ? refuseFolder(caller) : null;
  if (folder !== null) return err(folder);
  const env = inheritable(caller.env);
  const mangled = mangledVariables(caller.env).filter(
    ({ name }) => name !== REPLACED_FOR_JOBS && Object.hasOwn(env, name),
  );
  for (const { name, spec } of mangled.length === 0 ? [] : drafts) {
    const { environment } = spec.kind;
    const named = matchingNames(namesFromSubmitter(spec.kind), caller.env);
    const taken = mangled.find(
      (one) =>
        environment.policy === "inherit" ||
        (environment.policy === "allowlist" && environment.names.includes(one.name)) ||
        Object.hasOwn(named, one.name),
    );
    if (taken === undefined) continue;
    const message = `Cannot queue "${name}" with the variable ${taken.name}: ${shown(taken.value)} is not UTF-8 text, and ${TAKEN}`;
    return rejected(
      "WRONG_ENCODING",
      message,
      `leave it out: env -u ${taken.name} stint …; or give the task environment: clear`,
    );
  }
  return ok(null);
}
