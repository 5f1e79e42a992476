import { failpoint } from "../../lib/failpoint.ts";
import { git } from "../../run/code/git.ts";
import { snapshotRef } from "../../run/code/snapshot.ts";
import { gitTreeOf } from "../../run/code/tree.ts";
import type { Layout } from "../../store/layout.ts";
import { forgetSnapshot, isNoted, markedSnapshots } from "../../store/snapshots.ts";

/** For one ref. */
const REMOVAL_TIMEOUT_MS = 10_000;

/**
 * Removes the refs of snapshots that clean-ups have marked; git collects the files then. What cannot be removed now, as where the
 * repository is on a disk that is not mounted, stays marked for the next time. The order is told in `store/snapshots.ts`.
 */
export async function dropMarkedSnapshots(
  layout: Layout,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { snapshot, root } of markedSnapshots(layout)) {
    if (gitTreeOf(root)?.root !== root) continue;
    const update = (...args: string[]) =>
      git({ args: ["update-ref", ...args], cwd: root, env, timeoutMs: REMOVAL_TIMEOUT_MS });
    const ref = snapshotRef(snapshot);
    const dropped = await update("-d", ref);
    if (!dropped.ok) continue;
    failpoint("snapshot:dropped");
    // A submission has found the same content meanwhile.
    if (isNoted(layout, snapshot)) await update(ref, snapshot);
    forgetSnapshot(layout, snapshot);
  }
}
