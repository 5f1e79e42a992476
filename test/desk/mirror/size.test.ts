import { expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { Mirror } from "../../../src/desk/mirror/mirror.ts";
import { makeTaskId } from "../../../src/model/identity.ts";
import { recordText } from "../../../src/store/record.ts";
import { aCaller } from "../../rig/caller.ts";
import { valueOf } from "../../rig/results.ts";
import { type TaskChange, taskIn } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** More ended tasks than a mirror keeps as rows, 5,000, and then queued ones. */
const [ENDED, QUEUED] = [6_200, 800];
/** Those that are on the disk alone, and how many of them are read for one page. */
const [OLDER, READ] = [1_200, 500];

/** Fills a home with the text of one record, as reading each of these costs what any other does. */
function fill(
  home: TempHome,
  state: "completed" | "queued",
  { first, count }: { first: number; count: number },
): void {
  const change: TaskChange = { number: first };
  const { id, uid } = taskIn(state, change).metadata;
  const text = recordText(taskIn(state, change));
  for (let number = first; number < first + count; number += 1) {
    const own = makeTaskId(number, "train");
    const record = text
      .replaceAll(id, own)
      .replace(`"number": ${first}`, `"number": ${number}`)
      .replaceAll(uid, `uid-${number}`);
    writeFileSync(home.layout.record(state === "queued" ? "pending" : "done", own), record, { mode: 0o600 });
  }
}

test("a mirror of a long home lets other work in while it loads, lists from memory, reads older records a part at a time, and plans once", async () => {
  await using home = new TempHome();
  fill(home, "completed", { first: 1, count: ENDED });
  fill(home, "queued", { first: ENDED + 1, count: QUEUED });
  const caller = aCaller(home.path);
  let [asked, passedMs, turns] = [0, 0, 0];
  const clock = {
    now: () => {
      asked += 1;
      return caller.clock.now();
    },
    // A hundred steps are a slice, on any machine.
    awakeMs: () => (passedMs += 0.1),
  };
  let isLoading = true;
  const other = (async () => {
    for (; isLoading; turns += 1) await Bun.sleep(0);
  })();
  await using mirror = await Mirror.open({ ...caller, clock }, home.layout);
  isLoading = false;
  await other;
  expect(turns).toBeGreaterThan((ENDED + QUEUED) / 200);

  const { states, uncounted } = mirror.summary();
  expect(states.queued).toBe(QUEUED);
  expect((states.completed ?? 0) + uncounted).toBe(ENDED);

  asked = 0;
  await mirror.waits(makeTaskId(ENDED + 1, "train"));
  const once = asked;
  for (let number = ENDED + 1; number <= ENDED + 50; number += 1)
    expect(await mirror.waits(makeTaskId(number, "train"))).toHaveLength(1);
  await mirror.page({ query: {}, limit: 100, order: "queue" });
  expect(asked).toBe(once);

  // All that is on the disk alone comes behind the first page, in parts.
  const lengths: number[] = [];
  const boundaries: (number | null)[] = [];
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const page = valueOf(await mirror.page({ query: { name: "none" }, limit: 100, cursor }));
    lengths.push(page.tasks.length);
    boundaries.push((cursor = page.next));
  }
  expect(lengths).toEqual([0, 0, 0, 0]);
  expect(boundaries).toEqual([OLDER + 1, OLDER - READ + 1, OLDER - 2 * READ + 1, null]);
  expect(valueOf(mirror.get("1")).metadata.number).toBe(1);

  // Without the records of ended tasks, what is in memory is listed all the same.
  const folder = home.layout.place("done");
  renameSync(folder, `${folder}-away`);
  const listed = valueOf(await mirror.page({ query: { states: ["completed"] }, limit: 100 }));
  expect(listed.tasks.map(({ number }) => number)).toEqual(
    Array.from({ length: 100 }, (_, index) => ENDED - index),
  );
  renameSync(`${folder}-away`, folder);
}, 120_000);
