import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/errno.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { distrust } from "../../lib/trusted-folder.ts";
import { ARTIFACTS_FOLDER } from "../../model/attempt-files.ts";
import type { TaskId } from "../../model/identity.ts";
import type { NotStarted } from "../../run/launch.ts";
import { refusedBySystem } from "../../run/not-started.ts";
import type { Supervisor } from "../supervisor.ts";

/**
 * Makes the folders of an attempt, which no other user may write to. Before anything else is done for it: by the folder, the next
 * supervisor recognizes a start during which this one ended.
 */
export function makeFolders(
  { context: { layout } }: Supervisor,
  { id, directory }: { readonly id: TaskId; readonly directory: string },
): Result<null, NotStarted> {
  const cannot = `Cannot make the folders of the attempt in "${directory}"`;
  try {
    // The first one makes the folder of the attempt too.
    for (const folder of [join(directory, ARTIFACTS_FOLDER), layout.checkpoint(id)]) {
      const fault = distrust(folder, layout.runs);
      if (fault !== null)
        return err({ code: "RUNTIME_ERROR", error: `${cannot}: ${fault.what}; ${fault.fix}` });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    failpoint("start:furnished");
    return ok(null);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return err(refusedBySystem(cannot, error));
  }
}
