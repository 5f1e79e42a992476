import { existsSync } from "node:fs";
import { type Clock, timestamp } from "../lib/clock.ts";
import { localTime } from "../lib/local-time.ts";
import { uuid } from "../lib/random.ts";
import { ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { MAX_RECEIVERS, type Receiver } from "../model/notice.ts";
import type { OpenGroup, OpenGroupMark } from "../model/open-group.ts";
import { PLACES } from "../model/state.ts";
import type { Draft } from "../model/submission.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { openGroups, readOpenGroup, writeOpenGroup } from "../store/open-groups.ts";
import { eachOutline } from "../store/outlines.ts";
import { takeSubmitTurn } from "../store/submit-turn.ts";

/** Who joins or closes a group, and when. */
interface By {
  readonly clock: Clock;
  readonly user: () => string;
}

/** The group that drafts join, on the disk; the caller has the turn of a submission, and commits the drafts in it. */
export function joinGroup(
  { clock, user }: By,
  layout: Layout,
  { name, drafts }: { readonly name: string; readonly drafts: readonly Draft[] },
): Result<{ readonly group: OpenGroup; readonly isNew: boolean }, Problem> {
  const known = readOpenGroup(layout, name);
  if (known === null && existsSync(layout.openGroup(name)))
    return rejected(
      "RECORD_CORRUPT",
      `Cannot join the group "${name}": ${layout.openGroup(name)} is damaged`,
    );
  const isOver = known?.closing !== undefined;
  if (known !== null && isOver && hasMembers(layout, known)) return refuseClosed(known, clock.now());
  const isNew = known === null || isOver;
  const before: OpenGroup = isNew
    ? { formatVersion: 1, id: uuid(), name, openedAt: timestamp(clock.now()), openedBy: user() }
    : known;
  const batchEnd = sharedReceivers([
    ...(before.batchEnd ?? []),
    ...drafts.flatMap(({ spec }) => spec.on?.batchEnd ?? []),
  ]);
  const group = batchEnd.length === 0 ? before : { ...before, batchEnd };
  if (!isNew && Bun.deepEquals(group, before)) return ok({ group, isNew });
  return tryFs("write the group", () => {
    writeOpenGroup(layout, group);
    return { group, isNew };
  });
}

function refuseClosed({ name, closedAt, closing }: OpenGroup, nowMs: number): Result<never, Problem> {
  const at = Date.parse(closedAt ?? closing?.at ?? "");
  return rejected(
    "INVALID_TRANSITION",
    `Cannot join the group "${name}": it was closed at ${localTime(at, nowMs)}`,
    `choose another name, or remove its tasks first: stint clean --group ${name} --older-than 0s --dead-letter`,
  );
}

/** The name of a closed group is free once none of its tasks is on record. */
function hasMembers(layout: Layout, { id }: OpenGroupMark): boolean {
  for (const { metadata } of eachOutline(layout, PLACES)) if (metadata.openGroup?.id === id) return true;
  return false;
}

function sharedReceivers(all: readonly Receiver[]): Receiver[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()].slice(0, MAX_RECEIVERS);
}

/** Ends the time in which tasks may join a group; the owner of the home's lock is to be asked for the rest. */
export async function beginClosing(
  { clock, user }: By,
  layout: Layout,
  name: string,
): Promise<Result<OpenGroup, Problem>> {
  const turn = await takeSubmitTurn(layout, clock, { isNeeded: true });
  if (!turn.ok) return turn;
  await using _held = turn.value;
  const group = readOpenGroup(layout, name);
  if (group === null) return noSuchGroup(layout, name);
  if (group.closedAt !== undefined) {
    const at = localTime(Date.parse(group.closedAt), clock.now());
    return rejected("INVALID_TRANSITION", `Cannot close the group "${name}": it was closed at ${at}`);
  }
  // A close that was cut short goes on.
  if (group.closing !== undefined) return ok(group);
  const closing: OpenGroup = { ...group, closing: { at: timestamp(clock.now()), by: user() } };
  return tryFs("close the group", () => {
    writeOpenGroup(layout, closing);
    return closing;
  });
}

function noSuchGroup(layout: Layout, name: string): Result<never, Problem> {
  const open = openGroups(layout).map((one) => one.name);
  const hint =
    open.length > 0 ? `open ones: ${open.join(", ")}` : "the first task opens it: stint submit --to NAME";
  return rejected("NOT_FOUND", `Cannot close the group "${name}": there is no group of this name`, hint);
}
