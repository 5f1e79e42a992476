import { controlOf } from "../../desk/control.ts";
import { findGroup } from "../../desk/groups.ts";
import { type Overview, readOverview } from "../../desk/overview.ts";
import { planInputSeen } from "../../desk/plan-input.ts";
import { NOTHING_LEFT, Paces } from "../../desk/queue-estimate.ts";
import { statisticsOf } from "../../desk/statistics.ts";
import { ok } from "../../lib/result.ts";
import { EXIT } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { PLACES } from "../../model/state.ts";
import { neverStarting } from "../../plan/drain.ts";
import type { Layout } from "../../store/layout.ts";
import { eachOutline } from "../../store/outlines.ts";
import { declareVerb } from "../command-line/declare.ts";
import { DURATION } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { inHome } from "../in-home.ts";
import { GROUP } from "../selectors.ts";
import { newestTold } from "../targets.ts";
import { jsonText } from "../text/json.ts";
import { renderStatistics } from "../text/statistics.ts";

export const verb = declareVerb({
  flags: {
    group: { value: GROUP, help: "count only the members of this sweep or group" },
    since: {
      value: DURATION,
      help: "of ended tasks, count only those that ended within this time, such as 12h",
    },
    json: { help: "print JSON" },
  },
  notes:
    "Running times are those of the last attempts of completed tasks; waiting times end with the first start. A task with a part of a GPU counts as one with the whole of it.",
  run: inHome(async ({ context, flags }, layout) => {
    const nowMs = context.clock.now();
    const progress = context.progress();
    const tasks =
      flags.group === undefined
        ? ok(eachOutline(layout, PLACES, progress))
        : findGroup(layout, flags.group, { ...progress, tellNewest: newestTold(context) });
    if (!tasks.ok) return tasks.error;
    // The members of a sweep share the machine with others: no estimate is made of them alone.
    const overview = flags.group === undefined ? readOverview(layout, nowMs) : null;
    const paces = overview === null ? null : new Paces(overview);
    const sinceMs = flags.since === undefined ? null : nowMs - flags.since;
    const onCompleted = paces === null || !paces.isNeeded ? () => {} : paces.add;
    const never = overview === null ? new Set<TaskId>() : await neverStartingSeen(context, layout, overview);
    const stats = {
      ...statisticsOf(tasks.value, { nowMs, sinceMs, onCompleted }),
      ...(paces?.estimate({ nowMs, isPaused: isPaused(overview), never }) ?? NOTHING_LEFT),
    };
    progress.clear();
    context.out(
      flags.json === true ? jsonText(stats) : renderStatistics(stats, { columns: context.columns(), nowMs }),
    );
    return EXIT.done;
  }),
});

async function neverStartingSeen(
  context: Context,
  layout: Layout,
  { active, queued, isSupervised }: Overview,
): Promise<ReadonlySet<TaskId>> {
  if (queued.length === 0 || !isSupervised) return new Set();
  return neverStarting(await planInputSeen(context, layout, [...active, ...queued]));
}

function isPaused(overview: Overview | null): boolean {
  return overview !== null && controlOf(overview.seen, overview.owner).paused !== null;
}
