import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { call, EXECUTABLE, filled } from "./bench-home.ts";
import { type Row, takeTurns, timed } from "./row.ts";

const MANY = 1_000_000;
/** One in the midst of them. */
const NUMBER = String(MANY / 2);
const ID = `${NUMBER}-train`;

/** What a long past costs those who look for one task, and those who go through all of them. */
export const HISTORY: Row = {
  id: "history",
  what: "one of 1,000,000 finished; a look at all of them",
  aim: "100 ms by number or id and for what failed, 5 s for all",
  measure: async ({ rounds }) => {
    await using stint = filled(MANY, "completed");
    const folder = join(stint.home, "runs", ID, "1");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "output.log"), "hello\n");
    const run = (...args: string[]) => timed(() => call([EXECUTABLE, ...args], stint.env));
    // Written by no stint: each record is read once.
    const firstMs = await run("stats");
    await run("show", NUMBER);
    // Of what was written just now nothing is kept.
    await run("doctor");
    let last = "";
    const submit = async (): Promise<void> => {
      last = (
        await call([EXECUTABLE, "submit", "--hold", "--after", NUMBER, "--", "true"], stint.env)
      ).trim();
    };
    // The first holder of a home that no stint wrote looks through all of its audit log.
    await submit();
    await run("cancel", last);
    const single = await takeTurns(
      {
        show: () => run("show", NUMBER),
        showId: () => run("show", ID),
        logs: () => run("logs", NUMBER),
        submit: () => timed(submit),
        cancel: () => run("cancel", last),
        failed: () => run("ls", "--failed"),
      },
      rounds,
    );
    const all = await takeTurns(
      {
        stats: () => run("stats"),
        named: () => run("ls", "--name", "none"),
        doctor: () => run("doctor"),
        clean: () => run("clean", "--dry-run"),
      },
      rounds,
    );
    const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
    const millis = (times: Readonly<Record<string, number>>): string =>
      Object.entries(times)
        .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
        .join(", ");
    return {
      figures: Object.entries({ ...single, ...all, first: firstMs }).map(([name, value]) => ({
        name: `${name}Ms`,
        value,
      })),
      says: `${millis(single)} ms; ${Object.entries(all)
        .map(([name, ms]) => `${name} ${seconds(ms)}`)
        .join(", ")}; the first look at records that no stint wrote ${seconds(firstMs)}`,
      isReached: Math.max(...Object.values(single)) <= 100 && Math.max(...Object.values(all)) <= 5_000,
    };
  },
};
