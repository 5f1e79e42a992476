import { writeFileSync } from "node:fs";
import { Mirror } from "../../src/desk/mirror/mirror.ts";
import { timestamp } from "../../src/lib/clock.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import { recordText } from "../../src/store/record.ts";
import { aCaller } from "../rig/caller.ts";
import { aTask } from "../rig/tasks.ts";
import { homeAt } from "../rig/temp-home.ts";
import { filled } from "./bench-home.ts";
import { median, quantile, type Row, timed, usageOf } from "./row.ts";

const [ENDED, QUEUED] = [100_000, 20_000];
/** How often each question is asked. */
const ASKED = 20;
/** How often the loop is asked for a turn while the mirror loads. */
const TURN_MS = 1;

/** What a long-lived face pays to answer from memory. */
export const MIRROR: Row = {
  id: "mirror",
  what: "a mirror of 20,000 queued and 100,000 ended tasks",
  aim: "get 5 ms, a page 10 ms, slices of 50 ms, 150 MB",
  measure: async () => {
    await using stint = filled(ENDED, "completed");
    const layout = homeAt(stint.home);
    const at = timestamp(Date.now());
    for (let number = ENDED + 1; number <= ENDED + QUEUED; number += 1) {
      const id = makeTaskId(number, "train");
      const task = aTask({ number, metadata: { uid: `uid-${number}`, createdAt: at, updatedAt: at } });
      writeFileSync(layout.record("pending", id), recordText(task), { mode: 0o600 });
    }
    Bun.gc(true);
    const before = usageOf(process.pid).megabytes;
    const gapsMs: number[] = [];
    let last = performance.now();
    const turns = setInterval(() => {
      gapsMs.push(performance.now() - last);
      last = performance.now();
    }, TURN_MS);
    let mirror: Mirror | null = null;
    const loadMs = await timed(async () => {
      mirror = await Mirror.open(aCaller(stint.home), layout);
    });
    clearInterval(turns);
    await using opened = mirror as unknown as Mirror;
    Bun.gc(true);
    const megabytes = usageOf(process.pid).megabytes - before;
    const asked = async (work: (turn: number) => unknown): Promise<number> => {
      const times: number[] = [];
      for (let turn = 0; turn < ASKED; turn += 1) times.push(await timed(async () => work(turn)));
      return median(times);
    };
    const times = {
      getMs: await asked((turn) => opened.get(String(turn * 5_000 + 1))),
      nameMs: await asked(() => opened.get("train")),
      missingMs: await asked(() => opened.get("none")),
      pageMs: await asked(() => opened.page({ query: {}, limit: 100 })),
      filterMs: await asked(() => opened.page({ query: { name: "none*" }, limit: 100 })),
      summaryMs: await asked(() => opened.summary()),
      firstWaitMs: await timed(() => opened.waits(makeTaskId(ENDED + QUEUED, "train"))),
      waitMs: await asked((turn) => opened.waits(makeTaskId(ENDED + QUEUED - turn, "train"))),
    };
    const sliceMs = quantile(gapsMs, 1);
    const figures = { ...times, loadMs, sliceMs, megabytes };
    const says = Object.entries(times).map(([name, ms]) => `${name.replace("Ms", "")} ${ms.toFixed(1)}`);
    return {
      figures: Object.entries(figures).map(([name, value]) => ({ name, value })),
      says: `${says.join(", ")} ms; loaded in ${(loadMs / 1_000).toFixed(1)} s, the longest slice ${sliceMs.toFixed(0)} ms; ${megabytes.toFixed(0)} MB`,
      isReached:
        Math.max(times.getMs, times.nameMs, times.missingMs) <= 5 &&
        Math.max(times.pageMs, times.filterMs) <= 10 &&
        sliceMs <= 50 &&
        megabytes <= 150,
    };
  },
};
