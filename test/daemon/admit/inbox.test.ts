import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Inboxes } from "../../../src/daemon/admit/inbox.ts";
import { Publisher } from "../../../src/daemon/admit/publish.ts";
import type { Supervisor } from "../../../src/daemon/supervisor.ts";
import { commitBatch, newBatch } from "../../../src/store/batch.ts";
import { takeFile } from "../../../src/store/inbox-files.ts";
import type { Layout } from "../../../src/store/layout.ts";
import { recover } from "../../../src/store/recover.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { aTask } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** Drops a file into an inbox and takes it out, as a supervisor does that dies then; gives its path. */
function taken(inbox: string, file: string): string {
  mkdirSync(join(inbox, ".taking"), { recursive: true });
  writeFileSync(join(inbox, file), "run: true\n");
  const path = takeFile(inbox, { file, batch: newBatch() });
  if (path === null) throw new Error("the file was gone");
  return path;
}

const inboxesOf = (supervisor: Supervisor, ...directories: string[]): Inboxes =>
  new Inboxes(supervisor, { directories, userHome: "/" });

const OBSTACLES: readonly [string, (layout: Layout) => string][] = [
  ["published", ({ journal }) => join(journal, "b1.batch")],
  ["filed", ({ inbox }) => join(inbox, ".accepted")],
];

test.each(OBSTACLES)(
  "an accepted inbox file that cannot be %s is never read again, and is filed in the end",
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
      const supervisor = holderOf(layout, clock);
      recover(layout, clock.now());
      using inboxes = inboxesOf(supervisor, layout.inbox);
      inboxes.tick();
      supervisor[Symbol.dispose]();
      expect(home.files("inbox")).toContain(`.taking/${basename(accepted)}`);
      expect(home.files("inbox")).not.toContain("accepted.yaml");
      // A file that was not accepted is given back.
      expect(home.files("inbox")).toContain("other.yaml");
    }
    expect(home.files("inbox").join()).not.toContain(basename(other));
    rmSync(obstacle, { recursive: true });
    const supervisor = holderOf(layout, clock);
    for (const task of recover(layout, clock.now()).tasks) supervisor.queue.upsert(task);
    new Publisher(supervisor).runSlice();
    expect(home.files("inbox")).toEqual([".accepted/accepted.yaml", "other.yaml"]);
    expect(supervisor.queue.queued.map(({ metadata }) => metadata.number)).toEqual([1]);
    supervisor[Symbol.dispose]();
  },
);

test("an inbox that refuses a file which is put back delays no other inbox, is reported once, and gets the file in the end", async () => {
  await using home = new TempHome();
  const { inbox } = home.layout;
  const shut = join(home.path, "shut");
  taken(shut, "shut.yaml");
  taken(inbox, "open.yaml");
  const clock = fakeClock();
  const said: string[] = [];
  const supervisor = holderOf(home.layout, clock, (line) => said.push(line));
  using inboxes = inboxesOf(supervisor, shut, inbox);
  const taking = join(shut, ".taking");
  renameSync(taking, `${taking}.aside`);
  writeFileSync(taking, "in the way");
  inboxes.tick();
  expect(home.files("inbox")).toEqual(["open.yaml"]);
  rmSync(join(inbox, "open.yaml"));
  for (let look = 0; look < 3; look += 1) {
    clock.advance(2_000);
    // A drain does not wait for that.
    expect(inboxes.tick()).toBeNull();
  }
  expect(said.filter((line) => line.includes("retrying, with a growing delay"))).toHaveLength(1);
  expect(supervisor.committer.degraded).toBeNull();
  rmSync(taking);
  renameSync(`${taking}.aside`, taking);
  clock.advance(60_000);
  inboxes.tick();
  expect(readdirSync(shut)).toContain("shut.yaml");
  supervisor[Symbol.dispose]();
});

test("what comes into an inbox while others are looked into is found at once, and not at the end of a long sleep", async () => {
  await using home = new TempHome();
  const still = fakeClock();
  const awakeMs = (): number => {
    still.advance(4);
    return still.awakeMs();
  };
  const directories = Array.from({ length: 20 }, (_, index) => join(home.layout.home, `inbox-${index}`));
  const supervisor = holderOf(home.layout, { ...still, awakeMs });
  using inboxes = inboxesOf(supervisor, ...directories);
  let waitMs = inboxes.tick();
  expect(waitMs).not.toBeNull();
  for (let isLast = false; !isLast; isLast = waitMs !== 1) {
    inboxes.mark(directories[0] ?? "");
    waitMs = inboxes.tick();
  }
  expect(waitMs).toBe(0);
  supervisor[Symbol.dispose]();
});
