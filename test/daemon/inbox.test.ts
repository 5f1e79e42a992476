import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Holder } from "../../src/daemon/holder.ts";
import { Inboxes } from "../../src/daemon/inbox.ts";
import { Incoming } from "../../src/daemon/incoming.ts";
import { commitBatch, newBatch } from "../../src/store/batch.ts";
import { takeFile } from "../../src/store/inbox-files.ts";
import type { Layout } from "../../src/store/layout.ts";
import { recover } from "../../src/store/recover.ts";
import { fakeClock } from "../rig/clock.ts";
import { holderOf } from "../rig/holder.ts";
import { aTask } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

/** Drops a file into an inbox and takes it out, as a supervisor does that dies then; gives its path. */
function taken(inbox: string, file: string): string {
  mkdirSync(join(inbox, ".taking"), { recursive: true });
  writeFileSync(join(inbox, file), "run: true\n");
  const path = takeFile(inbox, { file, batch: newBatch() });
  if (path === null) throw new Error("the file was gone");
  return path;
}

const inboxesOf = (holder: Holder, ...directories: string[]): Inboxes =>
  new Inboxes(holder, { directories, userHome: "/" });

const OBSTACLES: readonly [string, (layout: Layout) => string][] = [
  ["published", ({ journal }) => join(journal, "b1.batch")],
  ["filed", ({ inbox }) => join(inbox, ".accepted")],
];

test.each(OBSTACLES)(
  "what was accepted and cannot be %s is never read again, and filed in the end",
  async (_what, placeOf) => {
    await using home = new TempHome();
    const { layout } = home;
    const [accepted, other] = [taken(layout.inbox, "accepted.yaml"), taken(layout.inbox, "other.yaml")];
    const obstacle = placeOf(layout);
    // A folder in the place of a segment, a file in that of a shelf.
    if (obstacle.startsWith(layout.journal)) mkdirSync(join(obstacle, "in the way"), { recursive: true });
    else writeFileSync(obstacle, "in the way");
    commitBatch(layout, "b1", { tasks: [aTask({ number: 1 })], taken: [accepted] });
    const clock = fakeClock();
    for (let start = 0; start < 3; start += 1) {
      const holder = holderOf(layout, clock);
      recover(layout, clock.now());
      using inboxes = inboxesOf(holder, layout.inbox);
      inboxes.look();
      holder.close();
      expect(home.files("inbox")).toContain(`.taking/${basename(accepted)}`);
      expect(home.files("inbox")).not.toContain("accepted.yaml");
      // What nobody had accepted is given back.
      expect(home.files("inbox")).toContain("other.yaml");
    }
    expect(home.files("inbox").join()).not.toContain(basename(other));
    rmSync(obstacle, { recursive: true });
    const holder = holderOf(layout, clock);
    for (const task of recover(layout, clock.now()).tasks) holder.take(task);
    new Incoming(holder).look();
    expect(home.files("inbox")).toEqual([".accepted/accepted.yaml", "other.yaml"]);
    expect(holder.queued.map(({ metadata }) => metadata.number)).toEqual([1]);
    holder.close();
  },
);
