import { mkdirSync, rmSync } from "node:fs";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { NAME_PATTERN } from "../model/identity.ts";
import { type OpenGroup, openGroup } from "../model/open-group.ts";
import { replaceSynced } from "./durable.ts";
import { ifThere, namesOrNone } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/*
 * Groups that several submissions fill: `groups/NAME.json`, one for each name. What belongs to a group is in the records of its members.
 *
 * Order of effects: a submission, in its turn (`submit-turn.ts`), writes the file where there is none, and then commits its tasks. A
 * `stint close`, in such a turn, writes `closing`: each task that joined is accepted by then, and no other joins. Then the owner of the
 * home's lock writes the notices of the end, where all members have ended, and `closedAt` last.
 *
 * A crash before the commit of the first tasks leaves an open group without tasks. One after `closing` leaves a group that none joins and
 * that is not closed: `stint close` goes on. One before `closedAt` repeats the notices, whose ids are the same.
 */

const ENDING = ".json";

/** The group of a name; null where there is none, or its file is none. */
export function readOpenGroup(layout: Layout, name: string): OpenGroup | null {
  if (!NAME_PATTERN.test(name)) return null;
  const text = ifThere(() => readRegularFile(layout.openGroup(name)));
  const read = text === null ? null : parseJson(openGroup, text);
  return read?.name === name ? read : null;
}

/** The groups that are not closed, by name. */
export function openGroups(layout: Layout): OpenGroup[] {
  return namesOrNone(layout.openGroups)
    .filter((file) => file.endsWith(ENDING))
    .flatMap((file) => readOpenGroup(layout, file.slice(0, -ENDING.length)) ?? [])
    .filter(({ closedAt }) => closedAt === undefined)
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** True while tasks may join it, or its end is not on record. */
export function isOpenGroup(layout: Layout, { id, name }: Pick<OpenGroup, "id" | "name">): boolean {
  const group = readOpenGroup(layout, name);
  return group?.id === id && group.closedAt === undefined;
}

/** Durable when this returns. Only in the turn of a submission, or by the owner of the lock. Throws what the system refuses. */
export function writeOpenGroup(layout: Layout, group: OpenGroup): void {
  mkdirSync(layout.openGroups, { recursive: true, mode: 0o700 });
  failpoint("group:changing");
  replaceSynced(layout.openGroup(group.name), `${JSON.stringify(group)}\n`, layout.tmp);
  failpoint("group:changed");
}

/** Undoes the opening of a group that no task has joined. */
export function dropOpenGroup(layout: Layout, { name }: OpenGroup): void {
  rmSync(layout.openGroup(name), { force: true });
}
